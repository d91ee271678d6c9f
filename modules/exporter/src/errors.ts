// The exporter's errors.

import { CodedError, oneLine, reasonOf } from '@ganglion/kernel';

const configuration = { configuration: true };

/** The port for Prometheus cannot be listened on. */
export function metricsPortUnusable(host: string, port: number, thrown: unknown): CodedError {
  return new CodedError(
    'METRICS_PORT_UNUSABLE',
    {
      what: `port ${port} of ${oneLine(host, 60)} for Prometheus not opened`,
      why: reasonOf(thrown),
      todo: 'give exporter.prometheus.port (--metrics-port) one that is free, and exporter.prometheus.host an address of this machine',
    },
    { ...configuration, cause: thrown },
  );
}

/** Figures could not be handed over: they wait, and the oldest go when there is no more room. */
export function receiverFailed(format: string, why: string): CodedError {
  return new CodedError('RECEIVER_FAILED', {
    what: `figures not taken by ${format}`,
    why: oneLine(why, 200),
    todo: `see that it runs and that [exporter.${format}] is right; they are sent again, the oldest go when ${format}.buffer_bytes are full`,
  });
}

/** The other side will never take these figures. */
export function figuresRefused(format: string, figures: number, why: string): CodedError {
  return new CodedError('FIGURES_REFUSED', {
    what: `${figures} figures refused by ${format}`,
    why: oneLine(why, 200),
    todo: `read what it says, and see that [exporter.${format}] is right; they are lost, the next are sent`,
  });
}
