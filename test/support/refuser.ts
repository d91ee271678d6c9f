// A stranger's module for the tests: refuses every measure.

import { defineModule, kept } from '@ganglion/kernel';
import { measure } from '@ganglion/topics';

export default defineModule({
  name: 'refuser',
  listens: { measure: kept(measure, { limit_messages: 100, in_flight_max: 10, attempts_max: 1 }) },
  start: () => ({
    measure: () => {
      throw new Error('this module refuses everything');
    },
  }),
});
