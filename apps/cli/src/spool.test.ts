import { homedir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { defaultFolder } from './spool.ts';

describe('the default folder of a spool', () => {
  const own = { exchange: 'ganglion' };

  it.each([
    ["in the service's, of which the first counts", { STATE_DIRECTORY: '/s/a:/s/b', XDG_STATE_HOME: '/x' }, '/s/a'],
    ["in the user's, where that is said", { XDG_STATE_HOME: '/x' }, '/x/ganglion'],
    ["in the user's, where it usually is", {}, `${homedir()}/.local/state/ganglion`],
    ["in the user's, when what is said is empty", { XDG_STATE_HOME: '' }, `${homedir()}/.local/state/ganglion`],
  ])('stands %s', (_, environment, state) => {
    expect(defaultFolder(own, 'db-01.example.com', environment)).toBe(`${state}/spool/ganglion.db-01.example.com`);
  });

  it.each(['..', '../../etc', '/etc', 'größe/1'])(
    'stays in its place, whatever the machine is called: %s',
    (machine) => {
      const folder = defaultFolder(own, machine, { XDG_STATE_HOME: '/x' });
      expect(folder).toMatch(/^\/x\/ganglion\/spool\/ganglion\.[^/]+$/);
    },
  );
});
