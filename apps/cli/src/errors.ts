// The command's own errors. Each becomes one line, `ganglion: what: why; todo [CODE]`; see report.ts.

import { CodedError, oneLine, reasonOf } from '@ganglion/kernel';

/** A person must change a setting, a file or a word: exit code 2. */
const configuration = { configuration: true };

/** A word that is no command. `hint` is empty or a suggestion in brackets. */
export function commandUnknown(name: string, hint: string): CodedError {
  return new CodedError(
    'COMMAND_UNKNOWN',
    {
      what: `"${oneLine(name, 60)}" is no command`,
      why: `there is none of that name${hint}`,
      todo: '"ganglion help" lists them',
    },
    configuration,
  );
}

/** A flag that the command does not take. */
export function flagUnknown(flag: string, why: string, command = ''): CodedError {
  return new CodedError(
    'FLAG_UNKNOWN',
    {
      what: `flag ${oneLine(flag, 60)}`,
      why,
      todo: `"${`ganglion help ${command}`.trim()}" lists those there are`,
    },
    configuration,
  );
}

/** A flag without its value, or with one that it cannot have. */
export function flagValueInvalid(flag: string, why: string, todo: string): CodedError {
  return new CodedError('FLAG_VALUE_INVALID', { what: `flag ${oneLine(flag, 60)}`, why, todo }, configuration);
}

/** Too few or too many words after the command. */
export function argumentsWrong(command: string, why: string, usage: string): CodedError {
  return new CodedError(
    'ARGUMENTS_WRONG',
    {
      what: `"ganglion ${command}"`,
      why: oneLine(why, 160),
      todo: `type "${usage}"`,
    },
    configuration,
  );
}

/** No password came, from the terminal or from standard input. */
export function passwordMissing(why: string): CodedError {
  return new CodedError(
    'PASSWORD_MISSING',
    {
      what: 'no password set',
      why,
      todo: 'type it twice, or send it as one line on standard input',
    },
    configuration,
  );
}

/** A setting that nobody knows. */
export function settingUnknown(key: string, origin: string, hint: string): CodedError {
  return new CodedError(
    'SETTING_UNKNOWN',
    {
      what: `setting ${oneLine(key, 80)} (from ${oneLine(origin, 120)})`,
      why: `there is no such setting${hint}`,
      todo: '"ganglion config" lists those there are',
    },
    configuration,
  );
}

/** A setting with a value that it cannot have. `wanted` says what it may be. */
export function settingInvalid(key: string, origin: string, why: string, wanted: string): CodedError {
  return new CodedError(
    'SETTING_INVALID',
    {
      what: `setting ${oneLine(key, 80)} (from ${oneLine(origin, 120)})`,
      why: oneLine(why, 160),
      todo: `give ${wanted}`,
    },
    configuration,
  );
}

/** The settings file cannot be read. */
export function fileUnreadable(path: string, thrown: unknown): CodedError {
  return new CodedError(
    'FILE_UNREADABLE',
    {
      what: `settings file ${oneLine(path, 120)} not read`,
      why: systemReason(thrown),
      todo: 'correct --config or the rights of the file',
    },
    { ...configuration, cause: thrown },
  );
}

/** The settings file is not TOML. Line and column count from 1. */
export function fileSyntax(path: string, line: number, column: number, why: string): CodedError {
  return new CodedError(
    'FILE_SYNTAX',
    {
      what: `settings file ${oneLine(path, 120)}, line ${line}, column ${column}`,
      why: oneLine(why, 160),
      todo: 'write it as TOML, see https://toml.io',
    },
    configuration,
  );
}

/** The series to judge cannot be read. */
export function seriesUnreadable(path: string, thrown: unknown): CodedError {
  return new CodedError(
    'SERIES_UNREADABLE',
    {
      what: `series ${oneLine(path, 120)} not read`,
      why: systemReason(thrown),
      todo: 'give the path of a file that this user may read, or send it to standard input',
    },
    { ...configuration, cause: thrown },
  );
}

/** The record to replay cannot be read. */
export function recordUnreadable(path: string, thrown: unknown): CodedError {
  return new CodedError(
    'RECORD_UNREADABLE',
    {
      what: `record ${oneLine(path, 120)} not read`,
      why: systemReason(thrown),
      todo: 'give the path of a file that this user may read, or send it to standard input',
    },
    { ...configuration, cause: thrown },
  );
}

/** There is nothing in a record that rules could judge. */
export function recordEmpty(path: string, why: string): CodedError {
  return new CodedError(
    'RECORD_EMPTY',
    {
      what: `record ${oneLine(path, 120)} not judged`,
      why: oneLine(why),
      todo: 'record with "ganglion tap --json": a line is {"topic", "source", "time", "body"}',
    },
    configuration,
  );
}

/** The series to judge does not begin with the names of its columns. */
export function seriesHeaderWrong(line: string): CodedError {
  return new CodedError(
    'SERIES_HEADER_WRONG',
    {
      what: 'line 1 of the series',
      why: line === '' ? 'it is empty' : `"${oneLine(line, 60)}" does not name its columns`,
      todo: 'begin it with "timestamp,value"',
    },
    configuration,
  );
}

/** A module is asked for that is neither built in nor a file. */
export function moduleNotFound(name: string, why: string): CodedError {
  return new CodedError(
    'MODULE_NOT_FOUND',
    {
      what: `module ${oneLine(name, 120)} not found`,
      why,
      todo: 'name a built-in module (tracker, analyzer, presence, notifier, recorder, exporter, importer, web, simulator) or a file such as ./mood.ts',
    },
    configuration,
  );
}

/** The agent is asked for another module than the one it holds. */
export function moduleNotInAgent(name: string): CodedError {
  return new CodedError(
    'MODULE_NOT_IN_AGENT',
    {
      what: `module ${oneLine(name, 120)} not started`,
      why: 'the agent holds the tracker alone',
      todo: 'write "run tracker", or use the whole command',
    },
    configuration,
  );
}

/** A module's file cannot be read as a program, or throws while it is. */
export function moduleUnreadable(path: string, thrown: unknown): CodedError {
  return new CodedError(
    'MODULE_UNREADABLE',
    {
      what: `module ${oneLine(path, 120)} not loaded`,
      why: firstLine(thrown),
      todo: 'correct the file',
    },
    { ...configuration, cause: thrown },
  );
}

/** A module's file exports no module. */
export function moduleInvalid(path: string): CodedError {
  return new CodedError(
    'MODULE_INVALID',
    {
      what: `${oneLine(path, 120)} is not a module`,
      why: 'its default export was not made by defineModule()',
      todo: 'write "export default defineModule({ … })", with defineModule from @ganglion/kernel',
    },
    configuration,
  );
}

/** Two modules of one name in one process. */
export function moduleTwice(name: string): CodedError {
  return new CodedError(
    'MODULE_TWICE',
    {
      what: `module ${name} not started`,
      why: 'there are two modules of that name',
      todo: 'rename one of them',
    },
    configuration,
  );
}

/** A module's own start threw something that is no coded error. */
export function moduleFailed(name: string, thrown: unknown): CodedError {
  return new CodedError(
    'MODULE_FAILED',
    {
      what: `module ${name} did not start`,
      why: firstLine(thrown),
      todo: 'correct the module; --log-level debug shows where it happened',
    },
    { cause: thrown },
  );
}

/** A command that needs RabbitMQ has no address. `or` is what could be done instead. */
export function brokerMissing(what: string, or: string): CodedError {
  return new CodedError(
    'BROKER_MISSING',
    {
      what,
      why: 'it needs RabbitMQ, and no broker is given',
      todo: `add --broker amqp://localhost, or set GANGLION_BROKER${or}`,
    },
    configuration,
  );
}

/** The broker's certificate, key or authority cannot be read. */
export function tlsFileUnreadable(setting: string, path: string, thrown: unknown): CodedError {
  return new CodedError(
    'TLS_FILE_UNREADABLE',
    {
      what: `setting ${setting}: ${oneLine(path, 120)} not read`,
      why: systemReason(thrown),
      todo: 'give the path of a PEM file that this user may read',
    },
    { ...configuration, cause: thrown },
  );
}

/** The file with passwords for the broker's users cannot be read or used. `why`: in words, or what the system threw. */
export function passwordFileInvalid(path: string, why: unknown): CodedError {
  return new CodedError(
    'PASSWORD_FILE_INVALID',
    {
      what: `password file ${oneLine(path, 120)} not used`,
      why: typeof why === 'string' ? why : systemReason(why),
      todo: 'write a line for each user: its name, a space, its password',
    },
    configuration,
  );
}

/** rabbitmqctl is not there or does not do what it is asked. */
export function rabbitmqctlFailed(command: string, said: string, thrown: unknown): CodedError {
  const missing = typeof thrown === 'object' && thrown !== null && 'code' in thrown && thrown.code === 'ENOENT';
  return new CodedError(
    'RABBITMQCTL_FAILED',
    {
      what: `rabbitmqctl ${command} failed`,
      why: missing ? 'there is no such program' : oneLine(said.replace(/^Error:\s*/, ''), 300) || reasonOf(thrown),
      todo: "run this on the broker's machine as a user who may use rabbitmqctl, or without --apply to see what it runs",
    },
    { cause: thrown },
  );
}

/** `ganglion notify --test` names a channel that the settings do not have. */
export function channelUnknown(name: string, names: readonly string[], hint: string): CodedError {
  return new CodedError(
    'CHANNEL_UNKNOWN',
    {
      what: `channel "${oneLine(name, 40)}" not tried`,
      why: `there is none of that name${hint}`,
      todo: names.length === 0 ? 'set it up under [notifier.channels.NAME]' : `name one of ${names.join(', ')}`,
    },
    configuration,
  );
}

/** A channel did not take a test. */
export function channelNotTold(name: string, why: string): CodedError {
  return new CodedError('CHANNEL_NOT_TOLD', {
    what: `channel ${name} has not taken a test`,
    why: oneLine(why, 300),
    todo: 'correct its settings, or wait until the other side is well',
  });
}

/** No analyzer has said what the alerts and silences are, or obeyed an order about them. */
export function alertsUnkept(exchange: string, waited_ms: number): CodedError {
  return new CodedError('ALERTS_UNKEPT', {
    what: 'nobody keeps alerts',
    why: `none has answered on exchange ${oneLine(exchange, 80)} within ${waited_ms / 1000} s`,
    todo: 'is an analyzer running there, and presence beside it? "ganglion tap --states" shows who is',
  });
}

/** An order names an alert that is not on. */
export function alertUnknown(id: string, hint: string): CodedError {
  return new CodedError('ALERT_UNKNOWN', {
    what: `alert "${oneLine(id, 60)}" not acknowledged`,
    why: `there is none of that identity that is on${hint}`,
    todo: '"ganglion alerts" lists those there are',
  });
}

/** A silence that is not there is to be ended. */
export function silenceUnknown(id: string, hint: string): CodedError {
  return new CodedError('SILENCE_UNKNOWN', {
    what: `silence "${oneLine(id, 60)}" not ended`,
    why: `there is none of that identity${hint}`,
    todo: '"ganglion silence --list" lists those there are',
  });
}

/** The health file cannot be written. */
export function healthFileUnwritable(path: string, thrown: unknown): CodedError {
  return new CodedError(
    'HEALTH_FILE_UNWRITABLE',
    {
      what: `health file ${oneLine(path, 120)} not written`,
      why: systemReason(thrown),
      todo: 'give --health-file a path that this user may write',
    },
    { ...configuration, cause: thrown },
  );
}

/** A tracker that was to take one sample took none. */
export function sampleMissing(waited_ms: number): CodedError {
  return new CodedError('SAMPLE_MISSING', {
    what: 'no sample printed',
    why: `the tracker took none within ${waited_ms / 1000} s`,
    todo: 'look at what it says above; tracker.root must be the /proc of a machine that runs',
  });
}

/** Something that should not happen: a defect. */
export function unexpected(thrown: unknown): CodedError {
  return new CodedError(
    'UNEXPECTED',
    {
      what: 'unexpected failure',
      why: firstLine(thrown),
      todo: 'this is a defect, please report it with what --log-level debug shows',
    },
    { cause: thrown },
  );
}

/** The first line of what was thrown: some errors go on with a stack or a picture of the source. */
function firstLine(thrown: unknown): string {
  const text = thrown instanceof Error ? thrown.message || thrown.name : String(thrown);
  return oneLine(text.trim().split('\n', 1)[0] ?? '', 160);
}

/** What the operating system said, in words where it is a common case. */
function systemReason(thrown: unknown): string {
  const code = typeof thrown === 'object' && thrown !== null && 'code' in thrown ? thrown.code : undefined;
  switch (code) {
    case 'ENOENT':
      return 'there is no such file or folder';
    case 'EACCES':
    case 'EPERM':
      return 'this user may not';
    case 'EISDIR':
      return 'it is a folder';
    default:
      return reasonOf(thrown);
  }
}
