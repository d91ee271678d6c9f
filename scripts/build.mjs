// npm run build: makes everything that is not as its source says. `node scripts/build.mjs page command` makes some of it.

import { build, isDue, STEPS } from './build-steps.mjs';

const wanted = process.argv.slice(2);
const names = Object.keys(STEPS).filter((name) => wanted.length === 0 || wanted.includes(name));

for (const name of names) {
  if (!isDue(name)) {
    console.log(`Up to date: ${STEPS[name].says}.`);
    continue;
  }
  console.log(`Building ${STEPS[name].says}.`);
  try {
    await build(name);
  } catch (error) {
    console.error(`Could not build ${STEPS[name].says}: ${error.message}`);
    process.exit(1);
  }
}
