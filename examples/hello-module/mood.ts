// A whole module: how hot is a machine, in words?
import { defineModule, defineTopic } from '@ganglion/kernel';
import { measure } from '@ganglion/topics';
import Type from 'typebox';

export const mood = defineTopic('mood', Type.Object({ mood: Type.Enum(['calm', 'busy']) }));

export default defineModule({
  name: 'mood',
  listens: { measure },
  publishes: { mood },
  start: () => ({
    measure: ({ source, body }) => mood(source, { mood: body.cpu_percentage > 80 ? 'busy' : 'calm' }),
  }),
});
