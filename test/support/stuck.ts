// A stranger's module for the tests: it starts, and never finishes its stop.

import { defineModule } from '@ganglion/kernel';

export default defineModule({
  name: 'stuck',
  start: ({ onStop }) => {
    onStop(() => new Promise(() => {}));
  },
});
