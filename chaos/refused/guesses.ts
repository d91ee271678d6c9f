// Guessed passwords: at one account from one address, and at many from many; and those who know theirs meanwhile.

import { setTimeout as pause } from 'node:timers/promises';
import { ADA, CAROL, comesTrue, type Ground, refusalIn, type Tried } from './ground.ts';

const AT_ONCE = 20;
const ADDRESSES = 20;

/** In each, everybody honest logs in once. */
const ROUNDS = 10;

/** Where the honest come from; nobody else does. */
const HOME = '127.0.0.1';

/** How often somebody tries again who is told that the server is busy. */
const BUSY_TRIES_MAX = 50;

export async function guesses({ asker, counts, settled, web, quick, say }: Ground): Promise<Tried[]> {
  const guesses = quick ? 1_000 : 10_000;
  const kinds = ['refused_login', 'refused_login_early', 'refused_login_busy'];
  const counted = () => kinds.reduce((sum, kind) => sum + (counts.get(kind) ?? 0), 0);
  await settled();
  const before = counted();
  const answers = new Map<number, number>();
  let in_by_guess = 0;
  const guess = async (name: string, password: string, address: string) => {
    const { status, cookies } = await asker.login(name, password, { address });
    answers.set(status, (answers.get(status) ?? 0) + 1);
    if (![401, 429, 503].includes(status) || cookies.length > 0) in_by_guess++;
  };

  // Her browser knows her from before; his address has not been seen yet.
  const browser = (await asker.login(ADA.name, ADA.password)).cookies.find((each) => each.includes('_browser='));
  let honest_busy = 0;
  const honest: { who: string; status: number; took_ms: number }[] = [];
  const honestLogin = async (who: string, name: string, password: string, cookie: string | undefined) => {
    const began_ms = performance.now();
    let status = 503;
    for (let i = 0; i < BUSY_TRIES_MAX && status === 503; i++) {
      if (i > 0) await pause(200);
      ({ status } = await asker.login(name, password, { address: HOME, ...(cookie && { headers: { cookie } }) }));
      if (status === 503) honest_busy++;
    }
    honest.push({ who, status, took_ms: performance.now() - began_ms });
  };

  const half = guesses / 2;
  const guessNumber = (i: number) =>
    i < half
      ? guess(ADA.name, `guess ${i}`, '127.0.0.2')
      : guess(i % 3 === 0 ? ADA.name : `user${i}`, ADA.password.slice(0, -1), `127.0.1.${(i % ADDRESSES) + 1}`);
  let next = 0;
  for (let round = 1; round <= ROUNDS; round++) {
    const guesser = async () => {
      while (next < (round * guesses) / ROUNDS) await guessNumber(next++);
    };
    const guessing = Promise.all(Array.from({ length: AT_ONCE }, guesser));
    await honestLogin('whose account is guessed at, by her own browser', ADA.name, ADA.password, browser);
    await honestLogin('whose account nobody guesses at', CAROL.name, CAROL.password, undefined);
    await guessing;
    say(`refusals: ${next.toLocaleString('en')} guesses`);
  }
  const refused = Array.from(answers.values()).reduce((sum, n) => sum + n, 0) - in_by_guess;
  const all = await comesTrue(() => counted() - before >= refused + honest_busy);
  const off = counted() - before - refused - honest_busy;
  const kept_out = honest.filter(({ status }) => status !== 303);
  const slowest_ms = Math.max(...honest.map(({ took_ms }) => took_ms));
  return [
    {
      what: 'passwords guessed, half at one account from one address, half at many accounts from many addresses',
      tried: guesses,
      refused,
      logged: refusalIn(web.log, 'login', /a login as "ada" from 127\.0/),
      wrong: [
        ...(all && off === 0 ? [] : [`${Math.abs(off)} counted wrongly`]),
        ...kept_out.map(({ who, status }) => `somebody honest was kept out with ${status}: ${who}`),
        ...(refusalIn(web.log, 'login_early', /too soon/) === undefined ? ['no word of those that came too soon'] : []),
      ],
      also:
        `${answers.get(401) ?? 0} compared, ${answers.get(429) ?? 0} too early, ${answers.get(503) ?? 0} while busy; ` +
        `${honest.length - kept_out.length} of ${honest.length} honest logins in between got in, the slowest after ${(slowest_ms / 1_000).toFixed(1)} s`,
    },
  ];
}
