import Type from 'typebox';
import { describe, expect, it } from 'vitest';
import { defineModule, isModule, kept, live, unread } from './module.ts';
import { defineTopic } from './topic.ts';

const question = defineTopic('question', Type.Object({ n: Type.Number() }));
const answer = defineTopic('answer', Type.Object({ word: Type.Enum(['yes', 'no']) }));

describe('a module', () => {
  it('listens live to a bare topic, with stated limits', () => {
    const module = defineModule({ name: 'a', listens: { question }, start: () => ({ question: () => {} }) });
    expect(module.listens['question']).toEqual({
      topic: question,
      sources: '#',
      delivery: 'live',
      limit_messages: 10_000,
      in_flight_max: 1_000,
      attempts_max: 1,
    });
  });

  it('says how it listens where it wants something else', () => {
    const limits = { limit_messages: 5, in_flight_max: 2, attempts_max: 3 };
    expect(kept(question, limits)).toEqual({ topic: question, sources: '#', delivery: 'kept', ...limits });
    expect(live(question, { sources: 'site1.#' })).toMatchObject({ delivery: 'live', sources: 'site1.#' });
  });

  it.each(['', 'Two Words', 'a.b', 'x'.repeat(33)])('cannot be named %j', (name) => {
    expect(() => defineModule({ name, start: () => {} })).toThrow(expect.objectContaining({ code: 'MODULE_INVALID' }));
  });

  it('is told from anything else', () => {
    expect(isModule(defineModule({ name: 'a', start: () => {} }))).toBe(true);
    for (const other of [undefined, null, 1, 'module', {}, () => {}, { name: 'a', start: () => {} }]) {
      expect(isModule(other)).toBe(false);
    }
  });
});

describe('the types of a module', () => {
  it('follow from its topics: what is wrong does not compile', () => {
    // Never run; the compiler reads it, and says so when an expected error is none.
    const wrong = () => [
      defineModule({
        name: 'wrong-field',
        listens: { question },
        publishes: { answer },
        // @ts-expect-error: the topic has no such field.
        start: () => ({ question: ({ source }) => answer(source, { wort: 'yes' }) }),
      }),
      defineModule({
        name: 'wrong-value',
        listens: { question },
        publishes: { answer },
        // @ts-expect-error: the topic allows no such value.
        start: () => ({ question: ({ source }) => answer(source, { word: 'perhaps' }) }),
      }),
      defineModule({
        name: 'undeclared-topic',
        listens: { question },
        publishes: { answer },
        // @ts-expect-error: the module does not declare that it publishes this.
        start: () => ({ question: ({ source }) => question(source, { n: 1 }) }),
      }),
      defineModule({
        name: 'wrong-handler',
        listens: { question },
        // @ts-expect-error: it does not listen to this.
        start: () => ({ answer: () => {} }),
      }),
      defineModule({
        name: 'wrong-body',
        listens: { question },
        // @ts-expect-error: a number has no such method.
        start: () => ({ question: ({ body }) => body.n.trim() }),
      }),
      defineModule({
        name: 'not-read',
        listens: { question: unread(question) },
        // @ts-expect-error: it has no body before it is read.
        start: () => ({ question: ({ body }) => void body }),
      }),
      defineModule({
        name: 'wrong-setting',
        config: Type.Object({ size: Type.Integer() }),
        // @ts-expect-error: there is no such setting.
        start: ({ config }) => void config.seize,
      }),
    ];
    expect(wrong).toBeTypeOf('function');
  });
});
