// Graphics processors: how busy each is, its memory, how hot it is, what it draws, its fan and its clock; the headline is the
// busiest. AMD's and Intel's from the kernel's files (drm-cards.ts), NVIDIA's from nvidia-smi, one process that goes on
// (nvidia.ts), since no file tells them.
//
// Costs some ten small files a card each reading, and NVIDIA's a process that its driver needs. Absent where there is none of
// the three; each figure where the driver does not tell it.

import Type, { type Static } from 'typebox';
import { CardReader, cardsIn } from '../drm-cards.ts';
import { Count } from '../figures.ts';
import { Gpu } from '../gpu.ts';
import { NvidiaCards } from '../nvidia.ts';
import { defineProbe, type Reading } from '../probe.ts';

/** Graphics processors whose figures are in a measure; the others are counted, and not asked. */
export const GPUS_MAX = 32;

/** Which there are is looked up again after this time: one may be plugged in, or get its driver. */
export const LOOK_UP_MS = 60_000;

const schema = Type.Object({
  cards: Type.Record(Type.String(), Gpu, { title: 'By where it is plugged in' }),
  left_out: Type.Optional(Count(`Graphics processors beyond the first ${GPUS_MAX}`)),
});

type Figures = Static<typeof schema>;

export const gpus = defineProbe({
  name: 'gpus',
  schema,
  // nvidia-smi pushes each second.
  every_ms: 2_000,
  open: (host) => {
    const { sys, now } = host;
    const nvidia = new NvidiaCards(host);
    let cards: ReadonlyMap<string, CardReader> = new Map();
    let looked_up_ms = Number.NEGATIVE_INFINITY;
    const lookUp = () => {
      looked_up_ms = now();
      nvidia.lookUp();
      if (sys === undefined) return;
      const before = cards;
      cards = new Map(cardsIn(sys).map((card) => [card.slot, before.get(card.slot) ?? new CardReader(sys, card, now)]));
    };
    return {
      read: async () => {
        if (now() - looked_up_ms >= LOOK_UP_MS) lookUp();
        return readGpus(cards, nvidia.read());
      },
      close: () => nvidia.close(),
    };
  },
});

/** Undefined where there is none. */
async function readGpus(
  readers: ReadonlyMap<string, CardReader>,
  pushed: ReadonlyMap<string, Gpu>,
): Promise<Reading<Figures> | undefined> {
  const slots = [...new Set([...readers.keys(), ...pushed.keys()])].toSorted();
  if (slots.length === 0) return undefined;
  const cards: [string, Gpu][] = [];
  let percentage: number | undefined;
  for (const slot of slots.slice(0, GPUS_MAX)) {
    const gpu = pushed.get(slot) ?? (await readers.get(slot)?.read());
    if (gpu === undefined) continue;
    cards.push([slot, gpu]);
    if (gpu.used_percentage !== undefined) percentage = Math.max(percentage ?? 0, gpu.used_percentage);
  }
  const figures: Figures = { cards: Object.fromEntries(cards) };
  if (slots.length > GPUS_MAX) figures.left_out = slots.length - GPUS_MAX;
  return { percentage, figures };
}
