// The module as a whole: what only several analyzers together can get wrong, told from one of them.

import { readConfig } from '@ganglion/kernel';
import { runUnderTest } from '@ganglion/testkit';
import { alert, findings, measure } from '@ganglion/topics';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import analyzer, { readyRules } from './index.ts';
import { EXPECTED_SAID_AGAIN_MS } from './machines.ts';

const rulesFor = (settings: object) => readyRules(readConfig(analyzer, settings) as Readonly<Record<string, unknown>>);
const namesOf = (settings: object) =>
  rulesFor(settings).map(({ rule, shadow }) => `${rule.name}${shadow ? ' on trial' : ''}`);

describe('the rules', () => {
  it('are all in force, and none is on trial that nobody has put there', () => {
    const names = namesOf({});
    expect(names).toContain('forecast');
    expect(names.filter((name) => name.endsWith('on trial'))).toEqual([]);
  });

  it('in force are said by the analyzer of itself, so that others can tell what it looks for', async () => {
    const subject = await runUnderTest(analyzer, { config: { shadow: { bands: {} } } });
    onTestFinished(() => subject.stop());
    expect((await subject.pulse()).about).toMatchObject({ rules: namesOf({}) });
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

const NOTHING = { findings: [], unsure: [] };

describe('an expected machine', () => {
  const begin = async () => {
    vi.useFakeTimers({ toFake: ['Date', 'setInterval', 'clearInterval'] });
    onTestFinished(() => {
      vi.useRealTimers();
    });
    const config = { presence: { expect: ['db-01'], expected_after_ms: 0 }, bands: { alert_after_ms: 0 } };
    const subject = await runUnderTest(analyzer, { config });
    onTestFinished(() => subject.stop());
    // The first message is what makes it look for its share.
    await subject.given(findings('other', NOTHING));
    return subject;
  };

  /** What is published in so many seconds, besides the answer to a message that says nothing. */
  const seconds = async (subject: Awaited<ReturnType<typeof begin>>, count: number) => {
    const published = [];
    for (let i = 0; i < count; i++) {
      vi.advanceTimersByTime(1_000);
      published.push(...(await subject.given(findings('other', NOTHING))));
    }
    return published;
  };

  it('that nobody hears is found', async () => {
    const subject = await begin();
    const told = await seconds(subject, 5);
    expect(told.filter(({ family }) => family === 'alert')).toMatchObject([
      { source: 'db-01', body: { state: 'raised', sentence: 'should be there, and was never heard' } },
    ]);
  });

  it('that another analyzer hears is not, for as long as that one says so', async () => {
    const subject = await begin();
    for (let i = 0; i < 4; i++) {
      await subject.given(findings('db-01', NOTHING));
      expect(await seconds(subject, EXPECTED_SAID_AGAIN_MS / 1_000)).toEqual([]);
    }
  });

  it('that another analyzer hears later after all is found no more', async () => {
    const subject = await begin();
    await seconds(subject, 5);
    const told = await subject.given(findings('db-01', NOTHING));
    expect(told).toMatchObject([{ family: alert.family, source: 'db-01', body: { state: 'cleared' } }]);
    expect(await seconds(subject, 5)).toEqual([]);
  });

  it('that is heard here is told of at once and every half minute, also when nothing is found', async () => {
    const subject = await begin();
    const told = [];
    for (let i = 0; i < 2 * (EXPECTED_SAID_AGAIN_MS / 1_000); i++) {
      vi.advanceTimersByTime(1_000);
      told.push(...(await subject.given(measure('db-01', { cpu_percentage: 1 }, Date.now()))));
    }
    expect(told.filter(({ family }) => family === 'findings')).toMatchObject([
      { source: 'db-01', body: { findings: [] } },
      { source: 'db-01', body: { findings: [] } },
    ]);
  });
});
