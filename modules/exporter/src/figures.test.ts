import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Figure, Figures } from './figures.ts';
import { familyOf, ownLabels } from './prometheus-names.ts';

/** Every figure of a measure as a line: as Prometheus would have it, in the unit of the message. */
function linesOf(body: Readonly<Record<string, unknown>>, figures = new Figures()): string[] {
  const lines: string[] = [];
  figures.measure(body, (figure, value) => lines.push(`${textOf(figure)} ${value}`));
  return lines;
}

function textOf(figure: Figure): string {
  const labels = ownLabels(figure).map(([name, value]) => `${name}=${value}`);
  return `${familyOf(figure).name}{${labels.join(',')}}`;
}

describe('a figure of a measure', () => {
  it.each([
    [{ cpu_percentage: 12.5 }, 'ganglion_usage_ratio{resource=cpu} 12.5'],
    [{ moon_percentage: 3 }, 'ganglion_usage_ratio{resource=moon} 3'],
    [{ load: { load_1: 2 } }, 'ganglion_load_1{} 2'],
    [
      { cpu: { core_percentages: [5, null, 7] } },
      'ganglion_cpu_core_ratio{core=0} 5|ganglion_cpu_core_ratio{core=2} 7',
    ],
    [{ pressure: { io: { some_10_percentage: 1 } } }, 'ganglion_pressure_io_some_10_ratio{} 1'],
    [
      { disks: { devices: { 'dm-0': { read_bytes_per_second: 9 } }, busiest: 'dm-0' } },
      'ganglion_disks_read_bytes_per_second{device=dm-0} 9',
    ],
    [
      { batteries: { batteries: { BAT0: { charge_percentage: 9 } } } },
      'ganglion_batteries_charge_ratio{battery=BAT0} 9',
    ],
    [{ network: { interfaces: { eth0: { up: false } } } }, 'ganglion_network_up{interface=eth0} 0'],
    [{ gpus: { cards: { a: { fans: { one: { rpm: 900 } } } } } }, 'ganglion_gpus_rpm{card=a,fan=one} 900'],
    [
      { moon: { phase_ms: 30, seen_ms: 1_795_638_038_893 } },
      'ganglion_moon_phase_seconds{} 30|ganglion_moon_seen_timestamp_seconds{} 1795638038893',
    ],
    [{ processes: { total: 99 } }, 'ganglion_processes{} 99'],
    [{ sequence: 7 }, 'ganglion_measure_sequence{} 7'],
  ])('%j has a name, a unit and labels by where it stands', (body, lines) => {
    expect(linesOf(body).join('|')).toBe(lines);
  });

  it('is what the texts of an item say, and of a resource they are not: they change too often', () => {
    const body = { file_systems: { fullest: '/', mounts: { '/': { type: 'ext4', used_bytes: 1 } } } };
    expect(linesOf(body)).toEqual([
      'ganglion_file_systems_used_bytes{mount=/} 1',
      'ganglion_file_systems_info{mount=/,type=ext4} 1',
    ]);
  });

  it('is not what stands in a list of objects: who is at the top changes all the time', () => {
    expect(linesOf({ processes: { top: [{ name: 'node', memory_bytes: 1 }] } })).toEqual([]);
  });

  it('is the same object each time, so that a format can keep what it makes of it', () => {
    const figures = new Figures();
    const seen: Figure[][] = [[], []];
    const body = () => JSON.parse('{"cpu_percentage":1,"disks":{"devices":{"sda":{"queue":1,"model":"x"}}}}');
    for (const list of seen) figures.measure(body(), (figure) => list.push(figure));
    expect(seen[0]?.length).toBe(3);
    for (const [i, figure] of (seen[0] ?? []).entries()) expect(seen[1]?.[i]).toBe(figure);
  });

  it('is known again when too many names were forgotten', () => {
    let forgotten = 0;
    const figures = new Figures(() => forgotten++, 50);
    for (let i = 0; i < 100; i++) linesOf({ cgroups: { containers: { [`c${i}`]: { cpu_cores: 1 } } } }, figures);
    expect(forgotten).toBeGreaterThan(1);
    expect(linesOf({ cpu_percentage: 1 }, figures)).toEqual(['ganglion_usage_ratio{resource=cpu} 1']);
  });

  it('is found in any JSON at all, and Prometheus could read its name', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (body) => {
        for (const line of linesOf(JSON.parse(JSON.stringify(body)))) {
          expect(line).toMatch(/^[a-zA-Z_][a-zA-Z0-9_]*\{/);
        }
      }),
    );
  });
});

it('bands are a gauge with a label: one is 1, the others 0', () => {
  const lines: string[] = [];
  new Figures().analysis(
    { cpu_result: 'HIGH', cpu_percentage: 99, note: 'x', trouble: { full_seconds: 60 } },
    (figure, value) => lines.push(`${textOf(figure)} ${value}`),
  );
  expect(lines).toEqual([
    'ganglion_band{resource=cpu,band=LOW} 0',
    'ganglion_band{resource=cpu,band=MEDIUM} 0',
    'ganglion_band{resource=cpu,band=HIGH} 1',
    'ganglion_analysis_trouble_full_seconds{} 60',
  ]);
});
