// npm run build: makes everything that is not as its source says. `node scripts/build.mjs page command` makes some of it.

import { buildIfDue, STEPS } from './build-steps.mjs';

const wanted = process.argv.slice(2);
const names = Object.keys(STEPS).filter((name) => wanted.length === 0 || wanted.includes(name));

for (const name of names) {
  const began_ms = performance.now();
  try {
    const was_due = await buildIfDue(name);
    const seconds = ((performance.now() - began_ms) / 1000).toFixed(1);
    console.log(was_due ? `Built ${STEPS[name].says} in ${seconds} s.` : `Up to date: ${STEPS[name].says}.`);
  } catch (error) {
    console.error(`Could not build ${STEPS[name].says}: ${error.message}`);
    process.exit(1);
  }
}
