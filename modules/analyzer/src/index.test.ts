import { readConfig } from '@ganglion/kernel';
import { describe, expect, it } from 'vitest';
import analyzer, { readyRules } from './index.ts';

const rulesFor = (settings: object) => readyRules(readConfig(analyzer, settings) as Readonly<Record<string, unknown>>);
const namesOf = (settings: object) =>
  rulesFor(settings).map(({ rule, shadow }) => `${rule.name}${shadow ? ' on trial' : ''}`);

describe('the rules', () => {
  it('are all in force, and none is on trial that nobody has put there', () => {
    const names = namesOf({});
    expect(names).toContain('forecast');
    expect(names.filter((name) => name.endsWith('on trial'))).toEqual([]);
  });

  it('on trial come after those in force, with the defaults of what is not given', () => {
    expect(namesOf({ shadow: { bands: { high_from: 90 } } }).slice(-2)).toEqual(['presence', 'bands on trial']);
    expect(namesOf({ shadow: { bands: {} } }).at(-1)).toBe('bands on trial');
  });

  it('on trial name their own settings when those are wrong', () => {
    expect(() => rulesFor({ shadow: { bands: { high_from: 3 } } })).toThrow(
      expect.objectContaining({
        code: 'LIMITS_OUT_OF_ORDER',
        configuration: true,
        message: expect.stringContaining('setting analyzer.shadow.bands:'),
      }),
    );
  });
});
