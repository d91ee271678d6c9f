import { expect, test } from 'vitest';
import { lineOf } from './place.ts';

const TEXT = `broker = "amqp://localhost"

[notifier]
page_url = "https://example.com"

[notifier.channels.ops]
type = "webhook"
template = """
type = "no setting"
[notifier.channels.dba]
"""
url = { env = "URL" }

[notifier.channels."dba"]
type = "slack"

[[notifier.routes]]
channels = ["ops"]

[[notifier.routes]]
channels = ["dba"]
escalate = [
  { after_ms = 1, channels = ["nobody"] },
  # Of two that stand in one line, both do.
  { after_ms = 2 }, { after_ms = 3, "odd name" = '# "' }, # the last
]
quiet = "a \\" = ["

[analyzer.bands]
limits = [{ resource = "cpu",
  high_from = 3 }]
"a.b" . c = 1
`;

test.each([
  ['broker', 1],
  ['notifier.page_url', 4],
  ['notifier.channels.ops', 6],
  ['notifier.channels.ops.type', 7],
  ['notifier.channels.ops.url', 12],
  ['notifier.channels.ops.url.env', 12],
  ['notifier.channels.ops.missing', 6],
  ['notifier.channels.dba.type', 15],
  ['notifier.routes.0.channels', 18],
  ['notifier.routes.1.channels', 21],
  ['notifier.routes.1.escalate', 22],
  ['notifier.routes.1.escalate.0.channels', 23],
  ['notifier.routes.1.escalate.1', 25],
  ['notifier.routes.1.escalate.2.after_ms', 25],
  ['notifier.routes.1.escalate.2.odd name', 25],
  ['notifier.routes.1.escalate.2.missing', 25],
  ['notifier.routes.1.quiet', 27],
  ['analyzer.bands.limits.0.resource', 30],
  ['analyzer.bands.limits.0.high_from', 31],
  ['analyzer.bands.limits.7', 30],
  ['notifier.routes.1', 20],
  ['notifier.channels', 6],
  ['web.port', undefined],
])('%s stands on line %s', (path, line) => {
  expect(lineOf(TEXT, path.split('.'))).toBe(line);
});
