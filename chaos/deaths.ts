// 1. Machines die in every way they can; the page says so, with the cause, and of nobody who lives.

import { execFileSync } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { CHROMIUM } from '@ganglion/testkit';
import { chromium } from 'playwright-core';
import type { Chaos, Finding } from './context.ts';
import { type WatchedPage, watchPage } from './page.ts';
import { type Place, type Program, portOf, runModule, runModuleBehind } from './programs.ts';

const ALIVE = ['LOW', 'MEDIUM', 'HIGH'];
const GONE = ['dead', 'stopped'];

/** The address of the broker in the network that gets cut. */
const NETWORK = { name: 'ganglion-cut', ours: '10.213.7.1', theirs: '10.213.7.2' };

/** Connection heartbeats of our modules: 5 s. */
const HEARTBEATS_MS = 3 * 5_000;

export async function deaths({ quick, say, startBroker }: Chaos): Promise<Finding[]> {
  const network = makeNetwork();
  const broker = await startBroker(
    network ? `listeners.tcp.2 = ${NETWORK.ours}:5672\nloopback_users = none` : 'loopback_users = none',
  );
  const place: Place = { broker: broker.url, exchange: 'chaos' };
  const presence = await runModule(place, 'presence');
  let analyzer = await runModule(place, 'analyzer');
  const web = await runModule(place, 'web', '--port', '0');
  const browser = await chromium.launch(CHROMIUM);
  const findings: Finding[] = [];
  try {
    const page = await watchPage(browser, portOf(web));
    const steady = await Promise.all(['steady-1', 'steady-2', 'steady-3'].map((name) => tracker(place, name)));

    const kills = quick ? 3 : 20;
    say(`deaths: kill -9 of ${kills} trackers, one by one`);
    const took_ms: number[] = [];
    let with_cause = 0;
    for (let i = 0; i < kills; i++) {
      const name = `killed-${i}`;
      const victim = await tracker(place, name);
      await page.until(name, ALIVE);
      await pause(300 + Math.random() * 1_000);
      const killed_ms = Date.now();
      victim.signal('SIGKILL');
      const shown = await page.until(name, GONE);
      took_ms.push(shown.at_ms - killed_ms);
      if (shown.state === 'dead' && shown.text.includes('connection lost')) with_cause++;
    }
    const sorted_ms = took_ms.sort((a, b) => a - b);
    const median_ms = sorted_ms[sorted_ms.length >> 1] ?? Number.POSITIVE_INFINITY;
    findings.push({
      scenario: 'deaths',
      done: `kill -9 of ${kills} trackers`,
      seen: `DEAD on the page after ${median_ms} ms (median; ${sorted_ms[0]} to ${sorted_ms.at(-1)})`,
      lost: `${kills - with_cause} without name and cause`,
      outcome: median_ms <= 100 && with_cause === kills ? 'holds' : 'FAILS',
    });

    say('deaths: SIGTERM');
    const stopped = await tracker(place, 'told-to-stop');
    await page.until('told-to-stop', ALIVE);
    stopped.signal('SIGTERM');
    const goodbye = await page.until('told-to-stop', GONE);
    findings.push({
      scenario: 'deaths',
      done: 'SIGTERM of a tracker',
      seen: `shown as "${goodbye.text}"`,
      lost: 'nothing',
      outcome: goodbye.state === 'stopped' ? 'holds' : 'FAILS',
    });

    say('deaths: a cable is cut');
    findings.push(network ? await cutCable(place, page) : noNetwork());

    const restarts = quick ? 2 : 30;
    const before = goneMachines(presence);
    for (let i = 1; i <= restarts; i++) {
      say(`deaths: restart ${i} of ${restarts} of the broker`);
      if (i % 2 === 0) await broker.restart();
      else await broker.kill().then(() => broker.start());
      await pause(3_000);
    }
    for (const { name } of steady) await page.until(name, ALIVE);
    await pause(15_000); // As long as presence is patient after an outage, and more.
    findings.push(noFalseDeath(`${restarts} broker restarts, every other by kill -9`, goneMachines(presence) - before));

    const then = goneMachines(presence);
    for (let i = 1; i <= restarts; i++) {
      say(`deaths: restart ${i} of ${restarts} of the analyzer`);
      await analyzer.stop(i % 2 === 0 ? 'SIGTERM' : 'SIGKILL');
      analyzer = await runModule(place, 'analyzer');
    }
    await pause(5_000);
    findings.push(noFalseDeath(`${restarts} analyzer restarts, every other by kill -9`, goneMachines(presence) - then));
  } finally {
    await browser.close();
    if (network) removeNetwork();
  }
  return findings;
}

async function tracker(place: Place, name: string): Promise<Program & { readonly name: string }> {
  const program = await runModule(place, 'tracker', '--machine', name);
  return Object.assign(program, { name });
}

/** Machines that presence has said to be gone, by its log. */
function goneMachines(presence: Program): number {
  return presence.log.filter(({ kind, msg }) => kind === 'machine' && msg.includes('is gone')).length;
}

function noFalseDeath(done: string, false_deaths: number): Finding {
  return {
    scenario: 'deaths',
    done,
    seen: 'three machines that live, shown alive',
    lost: `${false_deaths} false deaths`,
    outcome: false_deaths === 0 ? 'holds' : 'FAILS',
  };
}

/** The machine's link goes down, as when its power fails: nobody says goodbye, and no packet comes any more. */
async function cutCable({ exchange }: Place, page: WatchedPage): Promise<Finding> {
  const there = { broker: `amqp://guest:guest@${NETWORK.ours}:5672`, exchange };
  await runModuleBehind(['ip', 'netns', 'exec', NETWORK.name], there, 'tracker', '--machine', 'cut-off');
  await page.until('cut-off', ALIVE);
  const cut_ms = Date.now();
  ip('link', 'set', `${NETWORK.name}-a`, 'down');
  const shown = await page.until('cut-off', GONE);
  return {
    scenario: 'deaths',
    done: "the link of a machine's network goes down",
    seen: `DEAD on the page after ${((shown.at_ms - cut_ms) / 1_000).toFixed(1)} s: "${shown.text}"`,
    lost: 'nothing',
    outcome: shown.state === 'dead' && shown.at_ms - cut_ms <= HEARTBEATS_MS ? 'holds' : 'FAILS',
  };
}

function noNetwork(): Finding {
  return {
    scenario: 'deaths',
    done: 'cut the cable of a machine',
    seen: 'no network of its own could be made here (needs root and iproute2)',
    lost: '–',
    outcome: 'skipped',
  };
}

/** A network of two: this machine and one that can be cut off. Whether it could be made. */
function makeNetwork(): boolean {
  const { name, ours, theirs } = NETWORK;
  try {
    removeNetwork();
    ip('netns', 'add', name);
    ip('link', 'add', `${name}-a`, 'type', 'veth', 'peer', 'name', `${name}-b`, 'netns', name);
    ip('addr', 'add', `${ours}/30`, 'dev', `${name}-a`);
    ip('link', 'set', `${name}-a`, 'up');
    ip('-n', name, 'addr', 'add', `${theirs}/30`, 'dev', `${name}-b`);
    ip('-n', name, 'link', 'set', `${name}-b`, 'up');
    return true;
  } catch {
    removeNetwork();
    return false;
  }
}

function removeNetwork(): void {
  try {
    ip('netns', 'del', NETWORK.name);
  } catch {
    // It was not there.
  }
}

function ip(...words: string[]): void {
  execFileSync('ip', words, { stdio: 'ignore' });
}
