import { describe, expect, it } from 'vitest';
import { ascii, Scanner } from '../scanner.ts';
import { captured, capturedLater } from './captured.ts';
import { pagingBetween, parseVmstat } from './paging.ts';

const parse = (text = '') => parseVmstat(new Scanner(ascii(text)));

function pagingOn(machine: string, elapsed_ms: number) {
  const [before, after] = [parse(captured(machine, 'vmstat')), parse(capturedLater(machine, 'vmstat'))];
  return before && after && pagingBetween(before, after, elapsed_ms).figures;
}

describe('paging', () => {
  it('is how much happened a second, and how many tasks were killed so far', () => {
    expect(pagingOn('server-128-cores-linux-5.15', 2_000)).toEqual({
      faults_per_second: 2_100,
      major_faults_per_second: 1.5,
      swapped_in_pages_per_second: 12.5,
      swapped_out_pages_per_second: 25,
      oom_kills: 3,
    });
  });

  it('is found in another order, without what an old kernel does not count', () => {
    expect(pagingOn('linux-2.6.18', 1_000)).toEqual({
      faults_per_second: 4_200,
      major_faults_per_second: 3,
      swapped_in_pages_per_second: 25,
      swapped_out_pages_per_second: 50,
    });
  });

  it('has no figure of a counter that began again', () => {
    const [before, after] = [parse('pgfault 100\npgmajfault 9\n'), parse('pgfault 7\npgmajfault 10\n')];
    if (before === undefined || after === undefined) throw new Error('not parsed');
    expect(pagingBetween(before, after, 1_000).figures).toEqual({ major_faults_per_second: 1 });
  });

  it('is nothing where faults are not counted', () => {
    expect(parse('nr_free_pages 12\nunpgfault 3\n')).toBeUndefined();
  });
});
