// InfluxDB and who else reads its line protocol (Telegraf, VictoriaMetrics, QuestDB). Names are those of the measure: a resource is a
// measurement, what names a machine and an item are tags, figures are fields.
// https://docs.influxdata.com/influxdb/v2/reference/syntax/line-protocol/

import Type from 'typebox';
import type { Figure } from '../figures.ts';
import type { Named, Snapshot } from '../fleet.ts';
import { defineFormat } from '../format.ts';
import { isAboutTheMessage, post, TARGET } from '../http.ts';
import { Made } from '../made.ts';
import { PACE, Pusher, type Writer } from '../pusher.ts';
import { fieldOf } from '../unit.ts';

export const influxdb = defineFormat({
  name: 'influxdb',
  config: Type.Object({ ...TARGET, ...PACE }, { additionalProperties: false, default: {} }),
  open: (config, tools) => {
    if (config.url === '') return undefined;
    const url = new URL(config.url);
    url.searchParams.set('precision', 'ms');
    const headers = {
      'content-type': 'text/plain; charset=utf-8',
      ...(config.authorization && { authorization: tools.secret('authorization', config.authorization) }),
      ...config.headers,
    };
    const outlet = {
      name: 'influxdb',
      writer: new LineWriter(),
      wants_ends: false,
      send: async (body: Uint8Array, signal: AbortSignal) => {
        await post({ url: url.href, headers, body }, isAboutTheMessage, signal);
        return undefined;
      },
    };
    return new Pusher(outlet, config, tools);
  },
});

/** Lines: `disks,machine=db-01,device=vda read_bytes_per_second=1,busy_percentage=2 1700000000000`. */
class LineWriter implements Writer {
  readonly #machines = new Made<Named, string>(({ name, labels }) =>
    tagsText([['machine', name], ...labels.filter(([label]) => label !== 'machine')]),
  );
  readonly #figures = new Made<Figure, { measurement: string; tags: string; field: string }>((figure) => ({
    measurement: escaped(figure.resource, /[, ]/g),
    tags: tagsText(figure.labels),
    field: escaped(figure.is_info ? 'info' : fieldOf(figure.stem, figure.unit) || 'value', /[,= ]/g),
  }));
  #text = '';

  get size(): number {
    return this.#text.length;
  }

  add({ machine, figures, values, time_ms }: Snapshot): void {
    const machine_tags = this.#machines.of(machine);
    let measurement: string | undefined;
    let tags = '';
    let text = '';
    for (let i = 0; i < figures.length; i++) {
      const figure = figures[i] as Figure;
      const made = this.#figures.of(figure);
      if (made.measurement === measurement && made.tags === tags) text += `,${made.field}=${values[i]}`;
      else {
        if (measurement !== undefined) text += ` ${time_ms}\n`;
        ({ measurement, tags } = made);
        const of_machine = clash(machine, figure) ? withoutThose(machine, figure) : machine_tags;
        text += `${measurement}${of_machine}${tags} ${made.field}=${values[i]}`;
      }
    }
    if (measurement !== undefined) this.#text += `${text} ${time_ms}\n`;
  }

  take(): Uint8Array {
    const bytes = Buffer.from(this.#text);
    this.#text = '';
    return bytes;
  }
}

/** Whether an owner's label has the name of one of the figure's. */
function clash({ labels }: Named, figure: Figure): boolean {
  return labels.length > 0 && figure.labels.some(([own]) => labels.some(([name]) => name === own));
}

function withoutThose({ name, labels }: Named, figure: Figure): string {
  const others = labels.filter(([label]) => label !== 'machine' && !figure.labels.some(([own]) => own === label));
  return tagsText([['machine', name], ...others]);
}

function tagsText(labels: readonly (readonly [string, string])[]): string {
  return labels.map(([name, value]) => `,${escaped(name, /[,= ]/g)}=${escaped(value, /[,= ]/g)}`).join('');
}

/** A line end cannot be written, and a backslash at the end would take what follows with it. */
function escaped(text: string, special: RegExp): string {
  const plain = text.replace(/[\r\n\t]/g, ' ').replace(/\\+$/, '_');
  return plain === '' ? '_' : plain.replace(special, '\\$&');
}
