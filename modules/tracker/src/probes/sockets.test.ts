import { describe, expect, it } from 'vitest';
import type { Host } from '../host.ts';
import { ascii, Scanner } from '../scanner.ts';
import { captured, capturedLater, folderOf } from './captured.ts';
import { sockets } from './sockets.ts';

function socketsOf(first: (name: string) => string | undefined, second: (name: string) => string | undefined) {
  let time_ms = 0;
  let read = first;
  const host: Pick<Host, 'proc' | 'now'> = {
    proc: {
      read: (name, parse) => {
        const text = read(name);
        return text === undefined ? undefined : parse(new Scanner(ascii(text)));
      },
      text: (name) => read(name),
      folder: folderOf({}),
    },
    now: () => time_ms,
  };
  const reader = sockets.open(host as Host);
  read = second;
  time_ms += 2_000;
  const reading = reader.read();
  if (reading instanceof Promise) throw new Error('the sockets were promised');
  return reading?.figures;
}

const socketsOn = (machine: string) =>
  socketsOf(
    (name) => captured(machine, name),
    (name) => capturedLater(machine, name),
  );

describe('sockets', () => {
  it('are what there is now, and what happened a second', () => {
    expect(socketsOn('linux-2.6.18')).toEqual({
      used: 128,
      tcp_orphans: 2,
      tcp_time_wait: 7,
      tcp_memory_pages: 33,
      tcp_established: 41,
      tcp_opened_per_second: 1,
      tcp_accepted_per_second: 3.5,
      tcp_failed_per_second: 0.5,
      tcp_reset_per_second: 0,
      tcp_received_segments_per_second: 150,
      tcp_sent_segments_per_second: 100,
      tcp_retransmitted_segments_per_second: 2,
      udp_received_per_second: 10,
      udp_no_port_per_second: 1.5,
      udp_errors_per_second: 0.5,
      udp_sent_per_second: 10.5,
      listen_overflows_per_second: 2.5,
      listen_drops_per_second: 3,
    });
  });

  it("are found among a new kernel's many columns", () => {
    const figures = socketsOn('vm-2-cores-linux-6.18');
    expect(Object.keys(figures ?? {})).toHaveLength(18);
    expect(figures?.listen_overflows_per_second).toBe(0);
  });

  it('are found again when the columns have moved, and are absent where they are not told', () => {
    const files = (text: string) => (name: string) => (name === 'net/snmp' ? text : undefined);
    expect(
      socketsOf(
        files('Tcp: CurrEstab MaxConn OutSegs\nTcp: 7 -1 100\n'),
        files('Tcp: MaxConn OutSegs CurrEstab\nTcp: -1 120 9\n'),
      ),
    ).toEqual({ tcp_established: 9, tcp_sent_segments_per_second: 10 });
  });

  it('have no figure of a counter that began again', () => {
    const files = (sent: number) => (name: string) =>
      name === 'net/snmp' ? `Udp: OutDatagrams\nUdp: ${sent}\n` : undefined;
    expect(socketsOf(files(9), files(3))).toBeUndefined();
  });
});
