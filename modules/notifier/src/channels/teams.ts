// Microsoft Teams, by a workflow that waits for a webhook: an adaptive card.
// https://learn.microsoft.com/en-us/microsoftteams/platform/webhooks-and-connectors/how-to/add-incoming-webhook
// https://learn.microsoft.com/en-us/power-automate/teams/send-a-message-in-teams (the shape that workflows take)

import { Secret } from '@ganglion/kernel';
import { defineChannel } from '../channel.ts';
import { cut, notUnderstood, request, secretAddress } from '../http.ts';
import { bodyText } from '../wording.ts';

/** A card may have 28 KB with everything. */
const CHARACTERS_MAX = 5_000;

/** https://adaptivecards.io/explorer/TextBlock.html */
const COLOURS = { info: 'accent', warning: 'warning', critical: 'attention' } as const;

export const teams = defineChannel({
  type: 'teams',
  says: 'Microsoft Teams, by a workflow with a webhook',
  config: { url: Secret('the address of the workflow') },
  open: ({ url }, tools) => {
    const webhook = secretAddress(tools, 'url', url);
    return {
      send: async (notice, _thread, signal) => {
        const color = notice.kind === 'cleared' ? 'good' : COLOURS[notice.severity];
        const text = cut(bodyText(notice), CHARACTERS_MAX);
        const content = {
          $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
          type: 'AdaptiveCard',
          version: '1.4',
          body: [
            { type: 'TextBlock', text: cut(notice.title, CHARACTERS_MAX), weight: 'bolder', color, wrap: true },
            // Two line ends are one in a card.
            { type: 'TextBlock', text: text.replaceAll('\n', '\n\n'), wrap: true },
          ],
        };
        const attachment = { contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null, content };
        const body = { type: 'message', attachments: [attachment] };
        const answer = await request({ url: webhook, key: notice.key, body }, signal);
        // A workflow says 202; the older connector says 200 and 1, or 200 and what went wrong.
        const said = answer.text.trim();
        if (answer.status === 200 && said !== '' && said !== '1') throw notUnderstood(answer);
        return undefined;
      },
    };
  },
});
