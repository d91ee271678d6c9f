// Coded errors: one line that says what happened, why, and what to do. Each package lists its own in one file.

/** What went wrong, for people and for programs. */
export class CodedError extends Error {
  /** Stable, upper case; every code stands in docs/errors.md. */
  readonly code: string;
  /** True when a person must change a setting: the command ends with exit code 2. */
  readonly configuration: boolean;
  readonly parts: ErrorParts;

  constructor(code: string, parts: ErrorParts, options: ErrorOptions & { configuration?: boolean } = {}) {
    super(`${parts.what}: ${parts.why}; ${parts.todo}`, options);
    this.name = 'CodedError';
    this.code = code;
    this.parts = parts;
    this.configuration = options.configuration ?? false;
  }
}

/** The three parts of an error's line: `what: why; todo`. */
export interface ErrorParts {
  readonly what: string;
  readonly why: string;
  readonly todo: string;
}

/** The text of anything thrown, on one line, at most 300 characters. */
export function reasonOf(thrown: unknown): string {
  const text = thrown instanceof Error ? thrown.message || thrown.name : String(thrown);
  return oneLine(text);
}

/** Text from outside made safe for one line of a log or a terminal: control characters become spaces. */
export function oneLine(text: string, characters_max = 300): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not pass.
  const flat = text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ').trim();
  return flat.length > characters_max ? `${flat.slice(0, characters_max - 1)}…` : flat;
}

/** The bus was closed and takes no more. */
export function busClosed(): CodedError {
  return new CodedError('BUS_CLOSED', {
    what: 'message not sent',
    why: 'the bus is closed',
    todo: 'publish before the module stops',
  });
}

/** The bounded buffer of messages that wait for the broker had to let one go. */
export function busBufferFull(limit_messages: number): CodedError {
  return new CodedError('BUS_BUFFER_FULL', {
    what: 'message dropped',
    why: `the broker is away or slow and the buffer of ${limit_messages} messages is full`,
    todo: 'bring the broker back or raise buffer_messages',
  });
}

/** What was handled or to be remembered is another listener's now. */
export function shareLost(): CodedError {
  return new CodedError('SHARE_LOST', {
    what: 'source not ours any more',
    why: 'the broker was lost, or another listener has taken it over',
    todo: 'nothing: its messages come again to whoever has it',
  });
}

/** The folder for what is remembered cannot be used. */
export function statesUnusable(folder: string, why: string): CodedError {
  return new CodedError('STATES_UNUSABLE', {
    what: `what is remembered does not outlive this process`,
    why: `folder "${oneLine(folder, 160)}": ${oneLine(why, 160)}`,
    todo: 'let the user write there, and no other process use it',
  });
}

/** Files of what is remembered were not whole. */
export function statesDamaged(folder: string, files: number): CodedError {
  return new CodedError('STATES_DAMAGED', {
    what: `what was remembered of ${files} sources is left out`,
    why: `its files in "${oneLine(folder, 160)}" are damaged`,
    todo: 'look at the disk; these sources begin anew',
  });
}

/** What is remembered is not written down. */
export function stateUnwritable(why: string): CodedError {
  return new CodedError('STATE_UNWRITABLE', {
    what: 'what is remembered is not written',
    why: oneLine(why),
    todo: 'make room on its disk; it is remembered in memory meanwhile',
  });
}

/** Nobody has answered a question. */
export function noAnswer(key: string, why: string): CodedError {
  return new CodedError('NO_ANSWER', {
    what: `no answer to ${oneLine(key, 80)}`,
    why: oneLine(why, 160),
    todo: 'see that the module that answers runs on the same exchange, and ask again',
  });
}

/** A question is none that its module understands. */
export function questionInvalid(key: string, why: string): CodedError {
  return new CodedError('QUESTION_INVALID', {
    what: `${oneLine(key, 80)} is no such question`,
    why: oneLine(why, 300),
    todo: 'ask as docs/wire.md says; perhaps one of the two is another version',
  });
}

/** The module that was asked has failed. */
export function questionFailed(key: string, why: string): CodedError {
  return new CodedError('QUESTION_FAILED', {
    what: `${oneLine(key, 80)} could not be answered`,
    why: oneLine(why, 300),
    todo: 'look at the log of the module that answers',
  });
}

/** An answer is larger than one may be. */
export function answerTooLarge(key: string, bytes: number, bytes_max: number): CodedError {
  return new CodedError('ANSWER_TOO_LARGE', {
    what: `the answer to ${oneLine(key, 80)} is too large`,
    why: `it has ${bytes} bytes of at most ${bytes_max}`,
    todo: 'ask for less',
  });
}

/** Whoever was asked has said no, for a reason of its own. */
export function questionRefused(key: string, code: string, why: string): CodedError {
  return new CodedError(code, {
    what: `${oneLine(key, 80)} was refused`,
    why: oneLine(why, 300),
    todo: 'ask for less or for something else',
  });
}

/** A source or family that cannot stand in a routing key. */
export function keyInvalid(source: string, why: string): CodedError {
  return new CodedError(
    'KEY_INVALID',
    {
      what: `"${oneLine(source, 60)}" cannot name a source`,
      why,
      todo: 'choose a name of 1 to 255 bytes together with its topic, without control characters',
    },
    { configuration: true },
  );
}

/** A binding pattern that no broker could have. */
export function patternInvalid(pattern: string, why: string): CodedError {
  return new CodedError('PATTERN_INVALID', {
    what: `"${oneLine(pattern, 60)}" is no pattern`,
    why,
    todo: 'give words and dots, with * for any one word and # for none or more, 1 to 255 bytes in all',
  });
}

/** A topic was defined with a family that is not one word. */
export function familyInvalid(family: string): CodedError {
  return new CodedError(
    'FAMILY_INVALID',
    {
      what: `"${oneLine(family, 60)}" cannot name a topic`,
      why: 'a family is one word of lower-case letters, digits, "_" and "-", at most 64 characters',
      todo: 'rename it',
    },
    { configuration: true },
  );
}

/** A module published something that its topic's schema does not allow. */
export function bodyInvalid(family: string, why: string): CodedError {
  return new CodedError('BODY_INVALID', {
    what: `${family} not published`,
    why: `its body breaks the topic's schema (${oneLine(why, 160)})`,
    todo: 'correct the module that made it',
  });
}

/** A module published a topic that it did not declare. */
export function topicUndeclared(module: string, family: string): CodedError {
  return new CodedError('TOPIC_UNDECLARED', {
    what: `${oneLine(family, 60)} not published`,
    why: `module ${module} does not declare it`,
    todo: "add the topic to the module's `publishes`",
  });
}

/** A setting that is unknown or has a wrong value. */
export function settingInvalid(path: string, why: string, todo: string): CodedError {
  return new CodedError(
    'SETTING_INVALID',
    { what: `setting ${oneLine(path, 80)}`, why: oneLine(why, 160), todo },
    { configuration: true },
  );
}

/** What a module's file exports is not a module. */
export function moduleInvalid(name: string, why: string): CodedError {
  return new CodedError(
    'MODULE_INVALID',
    {
      what: `${oneLine(name, 80)} is not a module`,
      why: oneLine(why, 160),
      todo: 'export a value made by defineModule() as default',
    },
    { configuration: true },
  );
}

/** The ordered stop took longer than it may. */
export function stopTimedOut(module: string, stage: string, limit_ms: number): CodedError {
  return new CodedError('STOP_TIMED_OUT', {
    what: `${module} did not stop in order`,
    why: `stage "${stage}" took longer than ${limit_ms} ms`,
    todo: 'what was still under way is lost; look at the log above',
  });
}

/** A secret cannot be read. What is in it, is never told. */
export function secretUnreadable(path: string, why: string): CodedError {
  return new CodedError(
    'SECRET_UNREADABLE',
    {
      what: `setting ${oneLine(path, 120)}`,
      why: oneLine(why, 200),
      todo: 'name a file that this user may read and that is not empty, or a variable that is set',
    },
    { configuration: true },
  );
}
