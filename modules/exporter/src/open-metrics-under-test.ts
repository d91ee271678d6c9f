// A strict reader of OpenMetrics, for tests: whatever its grammar forbids is thrown, by the line.
// https://prometheus.io/docs/specs/om/open_metrics_spec/

/** A sample that was read. */
export interface Sample {
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly value: number;
}

interface Family {
  readonly name: string;
  readonly told: Set<string>;
  readonly series: Set<string>;
  has_samples: boolean;
}

const METADATA = /^# (TYPE|UNIT|HELP) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*)$/s;
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/s;
const LABEL = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|$)/s;
const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;

/** Of gauges alone, and without times: what else there may be, ours has not. */
export function readOpenMetrics(text: string): Sample[] {
  if (!text.endsWith('\n# EOF\n') && text !== '# EOF\n') throw new Error('it does not end in # EOF and a line end');
  const lines = text.slice(0, -'# EOF\n'.length).split('\n').slice(0, -1);
  const families = new Map<string, Family>();
  const samples: Sample[] = [];
  let family: Family | undefined;
  for (const line of lines) {
    const metadata = METADATA.exec(line);
    if (metadata !== null) {
      const [, what = '', name = '', said = ''] = metadata;
      if (family?.name !== name) {
        if (families.has(name)) throw new Error(`the family is in two places: ${line}`);
        family = { name, told: new Set(), series: new Set(), has_samples: false };
        families.set(name, family);
      }
      if (family.has_samples || family.told.has(what)) throw new Error(`this comes too late, or twice: ${line}`);
      family.told.add(what);
      if (what === 'TYPE' && said !== 'gauge') throw new Error(`no gauge: ${line}`);
      if (what === 'UNIT' && !name.endsWith(`_${said}`)) throw new Error(`the name does not end in its unit: ${line}`);
      if (what === 'HELP' && !/^([^"\\\n]|\\["\\n])*$/.test(said)) throw new Error(`not escaped: ${line}`);
      continue;
    }
    const sample = SAMPLE.exec(line);
    if (sample === null) throw new Error(`no sample: ${line}`);
    const [, name = '', inside = '', value = ''] = sample;
    if (family?.name !== name || !family.told.has('TYPE')) throw new Error(`not below its own type: ${line}`);
    family.has_samples = true;
    const labels = readLabels(inside, line);
    const series = JSON.stringify([...labels].sort());
    if (family.series.has(series)) throw new Error(`the same series twice: ${line}`);
    family.series.add(series);
    if (!NUMBER.test(value)) throw new Error(`no number: ${line}`);
    samples.push({ name, labels, value: Number(value) });
  }
  return samples;
}

function readLabels(text: string, line: string): Map<string, string> {
  const labels = new Map<string, string>();
  let rest = text;
  while (rest !== '') {
    const label = LABEL.exec(rest);
    if (label === null) throw new Error(`no label at ${rest}: ${line}`);
    const [whole, name = '', value = '', comma] = label;
    if (labels.has(name)) throw new Error(`a label twice: ${line}`);
    if (name.startsWith('__')) throw new Error(`a label that is reserved: ${line}`);
    labels.set(
      name,
      value.replace(/\\(.)/gs, (_, letter) => (letter === 'n' ? '\n' : letter)),
    );
    rest = rest.slice(whole.length);
    if (comma === ',' && rest === '') throw new Error(`a comma at the end: ${line}`);
  }
  return labels;
}
