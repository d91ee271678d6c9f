import { Value } from 'typebox/value';
import { expect, test } from 'vitest';
import { loadModules } from './modules.ts';
import { own } from './settings/own.ts';
import { planSetup, scriptOf } from './setup.ts';

const modules = await loadModules([]);

function script(settings: object, machines: string[] = [], node?: string): string[] {
  const read = Value.Parse(own, Value.Default(own, settings));
  return scriptOf(planSetup(read, { modules, machines, node, password_file: undefined })).split('\n');
}

test('users are given to another virtual host, and those who read the events to the default one, too', () => {
  const lines = script({ broker: 'amqps://me:mine@broker.example.com/site%201' });
  expect(lines.filter((line) => line.includes(' -p / '))).toEqual([
    expect.stringMatching(/^ctl set_permissions -p \/ ganglion-presence .*amq\\\.rabbitmq\\\.event/),
    expect.stringMatching(/^ctl set_permissions -p \/ ganglion-admin .*amq\\\.rabbitmq\\\.event/),
  ]);
  expect(lines.filter((line) => line.startsWith("ctl set_permissions -p 'site 1' "))).toHaveLength(5);
  const addresses = lines.filter((line) => line.startsWith('# amqp'));
  expect(addresses).toHaveLength(5);
  for (const address of addresses) {
    expect(address).toMatch(/^# amqps:\/\/ganglion-[a-z]+:[\w-]{24}@broker\.example\.com:5671\/site%201$/);
  }
  expect(lines.join()).not.toContain('mine');
});

test('each user has a password of its own, and another in the next script', () => {
  const passwords = [...script({}), ...script({})].flatMap((line) => /^user \S+ (\S+)$/.exec(line)?.[1] ?? []);
  expect(passwords).toHaveLength(10);
  expect(new Set(passwords).size).toBe(10);
});

test('what a machine is called does nothing in the shell', () => {
  const lines = script({}, ['$(reboot) `reboot` \'x\' \\ "y"']);
  const command = lines.find((line) => line.startsWith("user 'ganglion-tracker"));
  expect(command).toMatch(/^user 'ganglion-tracker-\$\(reboot\) `reboot` '\\''x'\\'' \\ "y"' [\w-]{24}$/);
  expect(lines.find((line) => line.startsWith('# amqp'))).not.toMatch(/[$()'`"]/);
});

test("the ancestor's exchange is made as its programs declare it, on the node that is named", () => {
  const lines = script({ exchange: 'my_exchange' }, [], 'rabbit@db-01');
  expect(lines.find((line) => line.includes('import_definitions'))).toContain('"type":"topic","durable":false');
  expect(lines).toContain('ctl() { rabbitmqctl -q -n rabbit@db-01 "$@"; }');
});
