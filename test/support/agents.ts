// Other people's agents, as Debian has them, which measure this machine and publish to RabbitMQ.

import { writeFileSync } from 'node:fs';
import { type Program, start } from './program.ts';
import { ownFolder } from './time-series.ts';

/** Where an agent publishes. */
export interface Publishes {
  readonly broker: string;
  readonly exchange: string;
  /** The routing key of every message. Default: what collectd makes of each, with the dots of the host's name as slashes. */
  readonly key?: string;
  /** Makes the exchange, of this type. Default: it stands there already. */
  readonly makes?: string;
}

/** Between two readings of an agent. */
export const AGENT_INTERVAL_S = 1;

/** What collectd measures. */
const PLUGINS = ['cpu', 'memory', 'load', 'df', 'disk', 'interface', 'swap', 'processes', 'uptime', 'vmem', 'entropy'];

/** Starts a real collectd, which calls its machine `host`. */
export function startCollectd(host: string, { broker, exchange, key, makes }: Publishes): Program {
  const folder = ownFolder('collectd');
  const { hostname, port, username, password, pathname } = new URL(broker);
  const config = `Hostname "${host}"
FQDNLookup false
BaseDir "${folder}"
PIDFile "${folder}/collectd.pid"
TypesDB "/usr/share/collectd/types.db"
Interval ${AGENT_INTERVAL_S}
${PLUGINS.map((name) => `LoadPlugin ${name}`).join('\n')}
LoadPlugin amqp
<Plugin amqp>
  <Publish "ganglion">
    Host "${hostname}"
    Port "${port}"
    VHost "${decodeURIComponent(pathname.slice(1)) || '/'}"
    User "${username}"
    Password "${password}"
    Exchange "${exchange}"
    ${makes === undefined ? '' : `ExchangeType "${makes}"`}
    ${key === undefined ? '' : `RoutingKey "${key}"`}
    Format JSON
    StoreRates true
  </Publish>
</Plugin>
`;
  writeFileSync(`${folder}/collectd.conf`, config);
  return start('/usr/sbin/collectd', ['-f', '-C', `${folder}/collectd.conf`]);
}
