// Sockets: what the kernel's TCP and UDP do, and what goes wrong with them, between two readings.
//
// From /proc/net/snmp, /proc/net/netstat and /proc/net/sockstat. TCP is that of IPv4 and IPv6 together, UDP of IPv4 alone.

import Type, { type Static } from 'typebox';
import { Count, PerSecond } from '../figures.ts';
import { HeadedLine } from '../headed-line.ts';
import { defineProbe } from '../probe.ts';
import { grown, perSecond, tell } from '../rate.ts';
import { ascii, type Scanner } from '../scanner.ts';

const Rate = (title: string) => Type.Optional(PerSecond(title));
const Now = (title: string) => Type.Optional(Count(title));

const schema = Type.Object({
  used: Now('Sockets in use'),
  tcp_established: Now('TCP connections'),
  tcp_time_wait: Now('TCP connections that wait out their end'),
  tcp_orphans: Now('TCP connections that no program holds any more'),
  tcp_memory_pages: Now('Pages of memory that TCP has'),
  tcp_opened_per_second: Rate('TCP connections opened'),
  tcp_accepted_per_second: Rate('TCP connections accepted'),
  tcp_failed_per_second: Rate('TCP connections that did not come about'),
  tcp_reset_per_second: Rate('TCP connections broken off'),
  tcp_received_segments_per_second: Rate('TCP segments received'),
  tcp_sent_segments_per_second: Rate('TCP segments sent'),
  tcp_retransmitted_segments_per_second: Rate('TCP segments sent again'),
  listen_overflows_per_second: Rate('TCP connections refused: too many wait to be accepted'),
  listen_drops_per_second: Rate('TCP connections refused, for any reason'),
  udp_received_per_second: Rate('UDP datagrams received'),
  udp_sent_per_second: Rate('UDP datagrams sent'),
  udp_no_port_per_second: Rate('UDP datagrams that nobody listened for'),
  udp_errors_per_second: Rate('UDP datagrams lost'),
});

type Figures = Static<typeof schema>;

export const sockets = defineProbe({
  name: 'sockets',
  schema,
  // Three files of many lines, for what nobody looks at by the second.
  every_ms: 5_000,
  open: ({ proc, now }) => {
    const tcp = new HeadedLine('Tcp: ', ['CurrEstab', ...Object.keys(TCP_RATES)]);
    const udp = new HeadedLine('Udp: ', Object.keys(UDP_RATES));
    const tcp_more = new HeadedLine('TcpExt: ', Object.keys(TCP_MORE_RATES));
    const parseSnmp = (file: Scanner) => ({ ...tcp.read(file), ...udp.read(file) });
    const parseNetstat = (file: Scanner) => tcp_more.read(file);
    const readCounters = () => ({ ...proc?.read('net/snmp', parseSnmp), ...proc?.read('net/netstat', parseNetstat) });
    let before = readCounters();
    let before_ms = now();
    return {
      read: () => {
        const figures: Figures = proc?.read('net/sockstat', parseSockstat) ?? {};
        const after = readCounters();
        const after_ms = now();
        tell(figures, 'tcp_established', after['CurrEstab'] ?? Number.NaN);
        for (const { column, field } of RATES) {
          const happened = grown(before[column] ?? Number.NaN, after[column] ?? Number.NaN);
          tell(figures, field, perSecond(happened, after_ms - before_ms));
        }
        before = after;
        before_ms = after_ms;
        return Object.keys(figures).length === 0 ? undefined : { figures };
      },
    };
  },
});

// By the kernel's names of what it counts.
const TCP_RATES = {
  ActiveOpens: 'tcp_opened_per_second',
  PassiveOpens: 'tcp_accepted_per_second',
  AttemptFails: 'tcp_failed_per_second',
  EstabResets: 'tcp_reset_per_second',
  InSegs: 'tcp_received_segments_per_second',
  OutSegs: 'tcp_sent_segments_per_second',
  RetransSegs: 'tcp_retransmitted_segments_per_second',
} as const;
const UDP_RATES = {
  InDatagrams: 'udp_received_per_second',
  NoPorts: 'udp_no_port_per_second',
  InErrors: 'udp_errors_per_second',
  OutDatagrams: 'udp_sent_per_second',
} as const;
const TCP_MORE_RATES = {
  ListenOverflows: 'listen_overflows_per_second',
  ListenDrops: 'listen_drops_per_second',
} as const;
const RATES = [TCP_RATES, UDP_RATES, TCP_MORE_RATES].flatMap((rates) =>
  Object.entries(rates).map(([column, field]) => ({ column, field })),
);

/** Parses /proc/net/sockstat: `sockets: used 23`, `TCP: inuse 3 orphan 0 tw 288 alloc 4 mem 0`. */
export function parseSockstat(file: Scanner): Figures {
  const figures: Figures = {};
  tell(figures, 'used', file.counterAfter(USED));
  tell(figures, 'tcp_orphans', file.counterAfter(ORPHANS));
  tell(figures, 'tcp_time_wait', file.counterAfter(TIME_WAIT));
  tell(figures, 'tcp_memory_pages', file.counterAfter(MEMORY));
  return figures;
}

const USED = ascii('sockets: used ');
const ORPHANS = ascii(' orphan ');
const TIME_WAIT = ascii(' tw ');
const MEMORY = ascii(' mem ');
