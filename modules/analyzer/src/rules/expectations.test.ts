import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BEGIN_MS, type Heard, RuleUnderTest } from '../rule-under-test.ts';
import { expectations } from './expectations.ts';
import { NotUnderstood, readExpression } from './expectations-language.ts';
import { USUAL } from './expectations-usual.ts';

/** Only what the test expects. */
function expecting(that: string, more: object = {}, machine = 'db-01'): RuleUnderTest {
  return new RuleUnderTest(
    expectations,
    { usual: false, expect: [{ that, for_ms: 0, clear_ms: 0, ...more }] },
    machine,
  );
}

/** What is found for certain. */
const raised = ({ found }: Heard) => found.filter(({ pending }) => pending !== true);
const keys = (heard: Heard) => raised(heard).map(({ key }) => key);

const network = (drops: Readonly<Record<string, number>>) => ({
  network: {
    interfaces: Object.fromEntries(Object.entries(drops).map(([name, each]) => [name, { drops_per_second: each }])),
  },
});
const DROPS = 'network.interfaces.*.drops_per_second < 10';

describe('an expectation', () => {
  it('is held against every interface, and names the one that breaks it', () => {
    const rule = expecting(DROPS);
    expect(rule.sample(network({ eth0: 9, 'eth0.100': 10.25 })).found).toEqual([
      {
        key: `${DROPS} eth0.100`,
        resource: 'network eth0.100',
        severity: 'warning',
        sentence: 'network eth0.100: drops per second 10.3, expected < 10',
        since_ms: BEGIN_MS,
        value: 10.25,
        limit: 10,
        figure: 'network.interfaces.eth0.100.drops_per_second',
      },
    ]);
  });

  it.each([
    ['cpu_percentage < 90', { cpu_percentage: 90 }, true],
    ['cpu_percentage <= 90', { cpu_percentage: 90 }, false],
    ['cpu_percentage <= 90 %', { cpu_percentage: 91 }, true],
    ['memory.free_bytes > 1_000_000', { memory: { free_bytes: 1e6 } }, true],
    ['memory.free_bytes >= 1e6', { memory: { free_bytes: 1e6 } }, false],
    ['system.clock = true', { system: { clock: false } }, true],
    ['system.clock != false', { system: { clock: true } }, false],
    ["system.keeper = 'chrony'", { system: { keeper: 'ntpd' } }, true],
    ['a.used < a.most', { a: { used: 3, most: 3 } }, true],
    ['a.used < 90 % of most', { a: { used: 9, most: 10 } }, true],
    ['a.used < 90 % of most', { a: { used: 8, most: 10 } }, false],
    ['a.used < 50 % of b.most', { a: { used: 8 }, b: { most: 10 } }, true],
    ['top.*.cores < 2', { top: [{ name: 'init', cores: 1 }, { cores: 3 }] }, true],
    ['top.nginx*.cores < 2', { top: [{ name: 'nginx: worker', cores: 3 }] }, true],
    ['top.nginx*.cores < 2', { top: [{ name: 'init', cores: 3 }] }, false],
    ['mounts."/var/lib.d".used < 2', { mounts: { '/var/lib.d': { used: 3 } } }, true],
    ['cpu.cores.* < 90', { cpu: { cores: [1, 95, null] } }, true],
    ['gpus present', {}, true],
    ['gpus present', { gpus: { cards: {} } }, false],
    ['file_systems.unanswered.* absent', { file_systems: { unanswered: ['/nfs'] } }, true],
    ['file_systems.unanswered.* absent', { file_systems: {} }, false],
    ['a.b < 1', { a: { b: 'text' } }, false],
    ['a.b < 1', { a: 7 }, false],
    ['a.b.c < 1', {}, false],
    ['toString.length = 7', {}, false],
  ])('%s of %j is broken: %s', (that, body, broken) => {
    expect(keys(expecting(that).sample(body)).length > 0).toBe(broken);
  });

  it.each([
    ['', 'it is empty'],
    ['cpu_percentage', 'after the field there is nothing, and not <=, >=, !=, <, >, =, "never rises"'],
    ['cpu_percentage is high', 'after the field there is "is high", and not'],
    ['cpu_percentage <', 'after "<" there is nothing'],
    ['cpu_percentage < 90 of 100', '"of 100" is too much'],
    ['cpu_percentage < all % of cores', '"all" is no number'],
    ['cpu_percentage < *.most', '"*.most" is held against, and has a "*"'],
    ['*.used < 9', 'its field begins with a "*"'],
    ['a..b < 9', '"a..b" is no field: ".b < 9"'.slice(0, 21)],
    ['a. < 9', '"a." is no field'],
    ['a.b "c < 9', '""c < 9" cannot be read'],
    ['a.b.c.d.e.f.g.h.i < 9', 'has more than 8 names'],
  ])('%j cannot be read, and the error says why and names the setting', (that, why) => {
    expect(() => readExpression(that)).toThrow(NotUnderstood);
    expect(() => readExpression(that)).toThrow(why);
    if (that === '') return;
    expect(() => expecting(that)).toThrow(
      expect.objectContaining({
        code: 'EXPECTATION_INVALID',
        configuration: true,
        message: expect.stringMatching(/^setting analyzer\.expectations\.expect\.0\.that: .*; give an expectation, as/),
      }),
    );
  });

  it('is for the machines that it names, by pattern and by label', () => {
    const found = (machine: string, labels: Record<string, string>) => {
      const rule = expecting('cpu_percentage < 9', { machines: 'db.#', labels: { site: 'berlin' } }, machine);
      return rule.sample({ cpu_percentage: 10 }, { labels }).found.length;
    };
    expect(found('db.1', { site: 'berlin', use: 'x' })).toBe(1);
    expect(found('web.1', { site: 'berlin' })).toBe(0);
    expect(found('db.1', {})).toBe(0);
  });

  it('says its own sentence, with the figures in it', () => {
    const rule = expecting(DROPS, {
      name: 'drops',
      sentence: '{element} drops {value} of {limit} a second',
      severity: 'critical',
    });
    expect(raised(rule.sample(network({ eth0: 1234.5 })))).toMatchObject([
      { key: 'drops eth0', severity: 'critical', sentence: 'eth0 drops 1235 of 10 a second' },
    ]);
  });

  it('never throws and never grows without bound, whatever the measure is', () => {
    const rule = new RuleUnderTest(expectations, {
      expect: [{ that: 'a.*.* present' }, { that: 'a.*.b never rises' }],
    });
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom('a', 'paging', 'network', 'units'), fc.jsonValue()), (body) => {
        rule.sample(body as object);
        expect(rule.restart()).toBeLessThan(150_000);
      }),
      { numRuns: 300 },
    );
    for (let n = 0; n < 50; n++)
      rule.sample({ a: Object.fromEntries(Array.from({ length: 99 }, (_, i) => [`${n}.${i}`, { b: i }])) });
    expect(rule.restart()).toBeLessThan(150_000);
  });
});

describe('over a time', () => {
  const rule = () => expecting('cpu_percentage < 90', { for_ms: 3_000, clear_ms: 4_000 });
  const heard = (percentages: readonly number[], subject = rule()) =>
    percentages.map((cpu_percentage) => {
      const [found] = subject.sample({ cpu_percentage }).found;
      return found === undefined ? '-' : found.pending === true ? '?' : '!';
    });

  it('it is found when it was broken without a break for so long', () => {
    expect(heard([95, 95, 95, 95, 95]).join('')).toBe('???!!');
    expect(heard([95, 95, 95, 5, 95, 95, 95]).join('')).toBe('???-???');
  });

  it('it is over when it was well without a break for so long', () => {
    expect(heard([95, 95, 95, 95, 5, 5, 5, 5, 5]).join('')).toBe('???!!!!--');
    expect(heard([95, 95, 95, 95, 5, 5, 5, 95, 5, 5, 5, 5]).join('')).toBe('???!!!!!!!!-');
  });

  it('a value that flaps is one finding', () => {
    const subject = rule();
    heard([95, 95, 95, 95], subject);
    const said = Array.from(
      { length: 100 },
      (_, i) => subject.sample({ cpu_percentage: i % 4 === 0 ? 95 : 5 }).found[0],
    );
    expect(new Set(said.map((each) => each?.since_ms))).toEqual(new Set([BEGIN_MS]));
  });

  it('it says what the value was when it was last broken', () => {
    const subject = rule();
    heard([95, 95, 95, 96, 5], subject);
    expect(subject.sample({ cpu_percentage: 5 }).found[0]).toMatchObject({ value: 96, since_ms: BEGIN_MS });
  });

  it('a field that does not come any more is over after that time, too', () => {
    const subject = expecting('a.b < 1', { for_ms: 0, clear_ms: 2_000 });
    expect([{ a: { b: 2 } }, {}, {}, {}].map((body) => raised(subject.sample(body)).length)).toEqual([1, 1, 0, 0]);
  });

  it('goes on in another analyzer', () => {
    const subject = rule();
    heard([95, 95, 95], subject);
    subject.restart();
    expect(heard([95, 5], subject).join('')).toBe('!!');
  });

  it('a clock that was set back does not hold it up', () => {
    const subject = rule();
    subject.sample({ cpu_percentage: 95 });
    subject.sample({ cpu_percentage: 95 }, { after_ms: -3_600_000 });
    expect(heard([95, 95, 95, 5, 5, 5, 5], subject).join('')).toBe('??!!!!-');
  });
});

describe('what must never rise', () => {
  const kills = (counts: readonly number[], clear_ms = 2_000) => {
    const rule = expecting('paging.oom_kills never rises', { clear_ms });
    return counts.map((oom_kills) => raised(rule.sample({ paging: { oom_kills } })).length).join('');
  };

  it('is found when it rises, and not for what it was at first', () => {
    expect(kills([5, 5, 6, 6, 6, 6])).toBe('001100');
  });

  it('is one finding as long as it goes on rising', () => {
    expect(kills([0, 1, 2, 2, 3, 3, 3])).toBe('0111110');
  });

  it('may fall, as when the machine was started anew', () => {
    expect(kills([5, 0, 0, 1])).toBe('0001');
  });

  it('when it is true or false, is found until it is false again', () => {
    const rule = expecting('file_systems.mounts.*.read_only never rises', { clear_ms: 0 });
    const found = (root: boolean) =>
      keys(rule.sample({ file_systems: { mounts: { '/': { read_only: root }, '/cdrom': { read_only: true } } } }))
        .length;
    expect([false, true, true, true, false, true].map(found)).toEqual([0, 1, 1, 1, 0, 1]);
  });
});

describe('a field that should be there', () => {
  it('is found when it never came, or comes no more', () => {
    const rule = expecting('disks.devices.sda present', { for_ms: 1_000, sentence: 'sda is not there' });
    const found = (body: object) => raised(rule.sample(body)).length;
    expect([{}, {}, { disks: { devices: { sda: {} } } }, {}, {}].map(found)).toEqual([0, 1, 0, 0, 1]);
  });

  it('is found for each of many that had come', () => {
    const rule = expecting('gpus.cards.* present', { for_ms: 0 });
    const cards = (...names: string[]) =>
      keys(rule.sample({ gpus: { cards: Object.fromEntries(names.map((n) => [n, {}])) } }));
    expect(cards('a', 'b')).toEqual([]);
    expect(cards('a')).toEqual(['gpus.cards.* present b']);
    expect(keys(rule.sample({}, { after_ms: 1_000 }))).toHaveLength(2);
    expect(cards('a', 'b')).toEqual([]);
  });
});

describe('the usual ones', () => {
  const usual = (more: object = {}) => new RuleUnderTest(expectations, more);
  /** What is found when a machine goes from well to ill and stays so. */
  function found(well: object, ill: object, seconds: number, rule = usual()): string[] {
    rule.sample(well);
    let heard = rule.sample(well);
    for (let second = 0; second < seconds; second++) heard = rule.sample(ill);
    return raised(heard).map(({ sentence }) => sentence);
  }

  it.each([
    ['paging', { oom_kills: 1 }, { oom_kills: 2 }, 1, 'The kernel killed a task for want of memory'],
    [
      'file_systems',
      { mounts: { '/': { read_only: false } } },
      { mounts: { '/': { read_only: true } } },
      1,
      'The file system / has become read-only',
    ],
    ['system', { clock_synchronized: true }, { clock_synchronized: false }, 1, 'Nobody sets the clock any more'],
    [
      'disk_health',
      { disks: { sda: { passed: true } } },
      { disks: { sda: { passed: false } } },
      1,
      'The disk sda judges itself to be failing',
    ],
    ['units', { failed: 0 }, { failed: 1, failed_units: ['nginx.service'] }, 1, 'nginx.service has failed'],
    [
      'sockets',
      { tcp_retransmitted_segments_per_second: 1, tcp_sent_segments_per_second: 1_000 },
      { tcp_retransmitted_segments_per_second: 60, tcp_sent_segments_per_second: 1_000 },
      31,
      '60 TCP segments a second are sent again, more than 50',
    ],
    [
      'network',
      { interfaces: { eth0: { receive_drops_per_second: 0 } } },
      { interfaces: { eth0: { receive_drops_per_second: 40 } } },
      21,
      '40 packets a second are dropped on receiving on eth0',
    ],
    [
      'sensors',
      { temperatures: { core: { celsius: 60, critical_celsius: 90 } } },
      { temperatures: { core: { celsius: 91, critical_celsius: 90 } } },
      11,
      'core is 91 °C hot: harmful from 90 °C on',
    ],
  ])('find trouble of %s: %j turned %j for %d s', (resource, well, ill, seconds, sentence) => {
    expect(found({ [resource]: well }, { [resource]: well }, seconds)).toEqual([]);
    expect(found({ [resource]: well }, { [resource]: ill }, seconds)).toEqual([sentence]);
  });

  it('can be left out by name, replaced by name, and left out altogether', () => {
    const drops = (count: number) => ({ network: { interfaces: { eth0: { receive_drops_per_second: count } } } });
    expect(found(drops(0), drops(40), 30, usual({ without: ['receive_drops'] }))).toEqual([]);
    expect(found(drops(0), drops(40), 30, usual({ usual: false }))).toEqual([]);
    const expect_ = [{ name: 'receive_drops', that: 'network.interfaces.*.receive_drops_per_second < 100' }];
    expect(found(drops(0), drops(40), 99, usual({ expect: expect_ }))).toEqual([]);
  });

  it('name what there is to be left out when it is misspelt', () => {
    expect(() => usual({ without: ['drops'] })).toThrow(
      /analyzer\.expectations\.without\.0: "drops" is no usual one; give some of oom_kill,/,
    );
  });

  it.each(Object.entries(USUAL))('%s is an expectation', (_name, { that }) => {
    expect(readExpression(that).resource).not.toBe('');
  });
});
