import { CodedError } from '@ganglion/kernel';
import Type from 'typebox';
import { expect, test } from 'vitest';
import { readSettings } from './layers.ts';
import { located } from './located.ts';

const text = '[web]\nport = 9000\n';
const section = { name: 'web', schema: Type.Object({ port: Type.Integer({ default: 1 }) }) };
const fromFile = { file: { path: 'my.toml', text, tables: { web: { port: 9000 } } }, flags: [], command: 'up' };

const wrong = (what: string, configuration = true) =>
  new CodedError('PORT_WRONG', { what, why: 'it is odd', todo: 'give another' }, { configuration });

test("a module's error about a setting from the file names its line", () => {
  const error = located(wrong('setting web.port'), readSettings([section], { ...fromFile, environment: {} }));
  expect(error).toMatchObject({
    code: 'PORT_WRONG',
    configuration: true,
    message: 'setting web.port (from my.toml, line 2): it is odd; give another',
  });
});

test('an error about anything else stays as it is', () => {
  const settings = readSettings([section], { ...fromFile, environment: {} });
  const overridden = readSettings([section], { ...fromFile, environment: { GANGLION_WEB_PORT: '7' } });
  for (const [error, where] of [
    [wrong('port 9000'), settings],
    [wrong('setting web.port', false), settings],
    // What counts stands in no line.
    [wrong('setting web.port'), overridden],
    [new Error('setting web.port'), settings],
  ] as const) {
    expect(located(error, where)).toBe(error);
  }
});
