import { describe, expect, it } from 'vitest';
import { parseMeminfo } from '../meminfo.ts';
import { ascii, Scanner } from '../scanner.ts';
import { captured } from './captured.ts';
import { swapIn } from './swap.ts';

const parseSwap = (text: string) => {
  const meminfo = parseMeminfo(new Scanner(ascii(text)));
  return meminfo && swapIn(meminfo);
};
const swapOn = (machine: string) => parseSwap(captured(machine, 'meminfo') ?? '');

describe('swap', () => {
  it('in use is what is not free', () => {
    expect(swapOn('server-128-cores-linux-5.15')).toEqual({
      percentage: 25,
      figures: { total_bytes: 8_388_604 * 1024, used_bytes: 2_097_151 * 1024 },
    });
    expect(swapOn('linux-2.4.20')).toMatchObject({ percentage: 3.14 });
  });

  it('that nobody uses is 0, not nothing', () => {
    expect(swapOn('laptop-linux-6.1')).toMatchObject({ percentage: 0, figures: { used_bytes: 0 } });
  });

  it.each(['vm-2-cores-linux-6.18', 'lxc-container', 'gvisor-sandbox'])(
    'is nothing on a machine without: %s',
    (machine) => {
      expect(swapOn(machine)).toBeUndefined();
    },
  );

  it('is nothing where the kernel does not tell of any', () => {
    expect(parseSwap('')).toBeUndefined();
    expect(parseSwap('MemTotal:  12 kB\nSwapCached: 1 kB\n')).toBeUndefined();
  });

  it.each(['SwapTotal: 12 kB\nSwapFree: 13 kB\n', 'SwapTotal: 12 kB\n'])(
    'is refused where it does not fit: %j',
    (text) => {
      expect(() => parseSwap(text)).toThrow(expect.objectContaining({ code: 'PROC_UNEXPECTED' }));
    },
  );
});
