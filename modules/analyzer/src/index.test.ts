import { type Module, readConfig } from '@ganglion/kernel';
import { expect, it } from 'vitest';
import analyzer, { readyRules } from './index.ts';

const rulesOf = (given: object) => {
  const module: Module = analyzer;
  const config = readConfig(module, given) as Readonly<Record<string, unknown>>;
  return readyRules(config).map(({ rule, shadow }) => `${shadow ? 'shadow.' : ''}${rule.name}`);
};

it('has no rule on trial unless the settings have one', () => {
  const all = rulesOf({});
  expect(all.filter((name) => name.startsWith('shadow.'))).toEqual([]);
  expect(rulesOf({ shadow: { bands: { high_from: 90 } } })).toEqual([...all, 'shadow.bands']);
});
