// 5. Everybody who wants in and may not: a page of another origin, a link beyond its scope, forged and replayed cookies,
// guessed passwords, a tracker that speaks for another. All refused, and the log says what was.

import type { Chaos, Finding } from './context.ts';
import { forgedCookies, replayedCookies } from './refused/cookies.ts';
import { foreignPage } from './refused/foreign-page.ts';
import { forgedLines } from './refused/forged-lines.ts';
import { prepare, type Tried } from './refused/ground.ts';
import { guesses } from './refused/guesses.ts';
import { foreignMachines } from './refused/speakers.ts';
import { viewers } from './refused/viewers.ts';

export async function refusals({ quick, say, startBroker }: Chaos): Promise<Finding[]> {
  const ground = await prepare(quick, say, await startBroker());
  const findings: Finding[] = [];
  const trials = { foreignPage, viewers, forgedCookies, replayedCookies, guesses, foreignMachines, forgedLines };
  for (const trial of Object.values(trials)) {
    for (const tried of await trial(ground)) {
      say(`refusals: ${tried.what}`);
      findings.push(findingOf(tried));
    }
  }
  await ground.close();
  return findings;
}

function findingOf({ what, tried, refused, logged, wrong = [], also }: Tried): Finding {
  const all = refused === tried && logged !== undefined && wrong.length === 0;
  return {
    scenario: 'refusals',
    done: `${what}: ${tried.toLocaleString('en')} tries`,
    seen: `${refused.toLocaleString('en')} refused; the log: ${logged ?? 'nothing'}${also === undefined ? '' : `; ${also}`}`,
    lost: `${tried - refused} let through${wrong.map((each) => `; ${each}`).join('')}`,
    outcome: all ? 'holds' : 'FAILS',
  };
}
