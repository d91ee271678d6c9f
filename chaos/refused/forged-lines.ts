// Names that would write lines of their own into a log.

import { connect } from 'amqplib';
import { comesTrue, type Ground, refusalIn, type Tried } from './ground.ts';

const LINE = '{"level":"fatal","time":"2026-01-01T00:00:00.000Z","msg":"forged"}';
/** What must not be in a line: it would begin another, or drive a terminal. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not pass.
const CONTROL = /[\u0000-\u001f\u0085\u2028]/;

const BREAKS = ['\n', '\r\n', '\r', '\u2028', '\u0085', '\u001b[1A\u001b[2K', '\u0000\n', '"\n'];

export async function forgedLines({ asker, broker, web, presence, analyzer }: Ground): Promise<Tried[]> {
  const names = BREAKS.map((sign) => `eve${sign}${LINE}${sign}`);
  const connection = await connect(broker.broker);
  const channel = await connection.createConfirmChannel();
  for (const name of names) {
    for (const family of ['measure', 'analysis', 'birth', 'death', 'pulse']) {
      for (const body of [
        '{"cpu_percentage":50}',
        '{"cpu_result":"HIGH"}',
        `{"cpu_percentage":${JSON.stringify(name)}}`,
        name,
      ]) {
        channel.publish(broker.exchange, `${name}.${family}`, Buffer.from(body), {
          appId: name,
          messageId: name,
          type: name,
        });
      }
    }
    await asker.login(name, 'a guess', { address: '127.0.0.3' });
    const path = encodeURIComponent(name);
    await asker.ask(`/link/${path}`);
    await asker.ask(`/${path}`);
    await asker.upgrade({ origin: `http://eve.example/${path}` });
    await asker.upgrade({ cookie: `ganglion_session=${path}` });
  }
  await channel.waitForConfirms();
  await connection.close();
  const logged = () => refusalIn(web.log, 'login', /a login as "eve/);
  await comesTrue(() => logged() !== undefined && presence.log.some(({ msg }) => msg.includes('eve')));

  const lines = [web, presence, analyzer].flatMap(({ log }) => log);
  const forged = lines.filter(({ level, msg }) => !['info', 'warn', 'error'].includes(level) || CONTROL.test(msg));
  const tries = names.length * (5 * 4 + 5);
  return [
    {
      what: 'names with a line of the log in them, on the page and on the exchange',
      tried: tries,
      refused: tries - forged.length,
      logged: logged(),
      wrong: forged.slice(0, 1).map((line) => JSON.stringify(line)),
      also: `${lines.filter(({ msg }) => msg.includes('eve')).length} lines tell of them, each on one line`,
    },
  ];
}
