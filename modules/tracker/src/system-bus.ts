// Asks a service of the machine over D-Bus, the bus that systemd answers on: for what it alone knows, and tells without a
// program being started. One question is one connection to a socket of the machine, for a few milliseconds: what is asked
// seldom need not be held open, and there is nothing to connect again.

import { createConnection } from 'node:net';
import { answerIn, encodeCall, type Question } from './dbus-message.ts';

/** Where it is, in the folder of all the machine's files. */
export const SYSTEM_BUS_SOCKET = 'run/dbus/system_bus_socket';

/** What an answer may take, and have. */
export const ANSWER_MS_MAX = 5_000;
export const ANSWER_BYTES_MAX = 1_048_576;

/** The services of a machine. */
export interface SystemBus {
  /**
   * Asks one that runs: none is started for it. Never throws.
   *
   * @returns what the answer holds, values in their order: texts, numbers, truth values and lists of them; undefined when
   *   there is no such bus or service, or it does not answer in time, answers too much, or with an error
   */
  ask(question: Question): Promise<readonly unknown[] | undefined>;
}

/** @param path where its socket is */
export function openSystemBus(path: string, answer_ms_max: number = ANSWER_MS_MAX): SystemBus {
  return {
    ask: (question) =>
      new Promise((resolve) => {
        const socket = createConnection({ path });
        const end = (answer?: readonly unknown[]) => {
          clearTimeout(timer);
          socket.destroy();
          resolve(answer);
        };
        const timer = setTimeout(end, answer_ms_max);
        let received: Buffer = Buffer.alloc(0);
        socket.on('data', (piece) => {
          received = Buffer.concat([received, piece]);
          const answer = answerIn(received, HELLO_SERIAL, QUESTION_SERIAL);
          if (answer !== 'not yet') end(answer);
          else if (received.length > ANSWER_BYTES_MAX) end();
        });
        socket.on('error', () => end());
        socket.on('close', () => end());
        // All at once: who we are the system itself tells the bus, and it answers in order.
        const calls = [encodeCall(HELLO_SERIAL, HELLO), encodeCall(QUESTION_SERIAL, question)];
        socket.write(Buffer.concat([Buffer.from('\0AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n'), ...calls]));
      }),
  };
}

/** What everyone has to ask first. Its answer is our name on the bus, which we do not need. */
const HELLO: Question = {
  service: 'org.freedesktop.DBus',
  object: '/org/freedesktop/DBus',
  interface: 'org.freedesktop.DBus',
  method: 'Hello',
  texts: [],
};

const HELLO_SERIAL = 1;
const QUESTION_SERIAL = 2;
