import { measure } from '@ganglion/topics';
import Type from 'typebox';
import { Value } from 'typebox/value';
import { describe, expect, it } from 'vitest';
import { SimulatedMachine } from './machine.ts';

const SECOND_MS = 1000;
const HOUR_S = 3600;
const MEMORY = Type.Object({ total_bytes: Type.Integer(), used_bytes: Type.Integer({ minimum: 0 }) });

/** What some machines say in so many seconds. */
function run(seconds: number, machines = 1, seed = 7, faults_per_day = 0) {
  return Array.from({ length: machines }, (_, number) => {
    const machine = new SimulatedMachine({ seed, number, faults_per_day });
    const said = Array.from({ length: seconds }, (_, second) => machine.sample((second + 1) * SECOND_MS));
    return { name: machine.name, said };
  });
}

describe('a simulated machine', () => {
  it('does the same in each run with the same seed, and another thing with another', () => {
    expect(run(300, 5)).toEqual(run(300, 5));
    expect(run(300, 5, 8)).not.toEqual(run(300, 5));
  });

  it('does the same however many others there are', () => {
    expect(run(60, 9).slice(0, 3)).toEqual(run(60, 3));
  });

  it('says what a tracker says, in the bounds of a machine', () => {
    for (const { said } of run(600, 40, 3, 500)) {
      for (const body of said) {
        if (body === undefined) continue;
        expect(Value.Check(measure.schema, body)).toBe(true);
        const memory = Value.Parse(MEMORY, body['memory']);
        expect(memory.used_bytes).toBeLessThanOrEqual(memory.total_bytes);
      }
    }
  });

  it('has a name of its own, under a site', () => {
    const names = new Set(run(0, 1000).map(({ name }) => name));
    expect(names.size).toBe(1000);
    expect([...names].filter((name) => /^site[1-4]\.(web|db|cache|worker|build|edge)-\d\d+$/.test(name))).toHaveLength(
      1000,
    );
  });

  it('has quiet hours and busy ones', () => {
    const [machine] = run(24 * HOUR_S);
    const cpu = (machine?.said ?? []).map((body) => body?.cpu_percentage ?? 0);
    const hourly = Array.from({ length: 24 }, (_, hour) => mean(cpu.slice(hour * HOUR_S, (hour + 1) * HOUR_S)));
    expect(Math.max(...hourly)).toBeGreaterThan(2 * Math.min(...hourly));
  });

  it('is well most of the time, and every fault comes and ends', () => {
    const fleet = run(HOUR_S, 60, 5, 24);
    const all = fleet.flatMap(({ said }) => said);
    const silent = all.filter((body) => body === undefined).length;
    const runaway = all.filter((body) => (body?.cpu_percentage ?? 0) >= 97).length;
    const full = all.filter((body) => (body?.['memory_percentage'] ?? 0) > 95).length;
    for (const bad of [silent, runaway, full]) {
      expect(bad).toBeGreaterThan(0);
      expect(bad / all.length).toBeLessThan(0.2);
    }
    // Who was silent speaks again, with the next number.
    const came_back = fleet.filter(({ said }) => said.includes(undefined) && said.at(-1) !== undefined);
    expect(came_back.length).toBeGreaterThan(0);
    for (const { said } of came_back) {
      const numbers = said.flatMap((body) => body?.sequence ?? []);
      expect(numbers).toEqual(numbers.map((_, i) => i + 1));
    }
  });

  it('is as well as its seed says without faults: nobody falls silent', () => {
    expect(run(HOUR_S, 20).flatMap(({ said }) => said)).not.toContain(undefined);
  });
});

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
