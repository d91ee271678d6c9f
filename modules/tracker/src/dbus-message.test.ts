import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answerIn, encodeCall } from './dbus-message.ts';

/** A call as the bus took it, captured. */
const CALL =
  '6c0102010f00000002000000a800000001016f00190000002f6f72672f667265656465736b746f702f73797374656d64310000000000000002017300' +
  '200000006f72672e667265656465736b746f702e73797374656d64312e4d616e61676572000000000000000003017300110000004c697374556e69747346' +
  '696c74657265640000000000000006017300180000006f72672e667265656465736b746f702e73797374656d6431000000000000000008016700026173' +
  '000b000000060000006661696c656400';

/** All that a bus (dbus-daemon 1.14.10) sent in a conversation, captured: the welcome, the answer to the first call, a signal. */
const WELCOME =
  '444154410d0a4f4b2039613738623135316366346265306239303961313465303436623037323235660d0a6c02010109000000010000003d000000060173' +
  '00040000003a312e36000000000501750001000000080167000173000007017300140000006f72672e667265656465736b746f702e44427573000000' +
  '00040000003a312e36006c04010109000000020000008d00000001016f00150000002f6f72672f667265656465736b746f702f4442757300000002017300' +
  '140000006f72672e667265656465736b746f702e4442757300000000030173000c0000004e616d6541637175697265640000000006017300040000003a31' +
  '2e3600000000080167000173000007017300140000006f72672e667265656465736b746f702e4442757300000000040000003a312e3600';

/** And the answer to the second. */
const ANSWER =
  '6c02010156010000070000003d00000006017300040000003a312e36000000000501750002000000080167000d61287373737373736f75736f290000' +
  '0000000007017300040000003a312e30000000004e010000000000000d0000006e67696e782e736572766963650000001d00000041206869676820706572' +
  '666f726d616e63652077656220736572766572000000060000006c6f616465640000060000006661696c65640000060000006661696c6564000000000000' +
  '000000002e0000002f6f72672f667265656465736b746f702f73797374656d64312f756e69742f6e67696e785f3265736572766963650000000000000000' +
  '000000000000010000002f00000000000000100000006d6e742d6261636b75702e6d6f756e74000000000b0000002f6d6e742f6261636b75700006000000' +
  '6c6f616465640000060000006661696c65640000060000006661696c656400000000000000000000330000002f6f72672f667265656465736b746f702f73' +
  '797374656d64312f756e69742f6d6e745f32646261636b75705f32656d6f756e7400000000000000000000000000010000002f00';

const conversation = Buffer.from(WELCOME + ANSWER, 'hex');

/** The welcome and a message: type, what it answers, the types of its values, and these as hex digits. */
function conversationWith(type: number, answer_to: number, types = '', values = '', endian: 'l' | 'B' = 'l'): Buffer {
  const number = (value: number) => {
    const bytes = Buffer.alloc(4);
    if (endian === 'l') bytes.writeUInt32LE(value);
    else bytes.writeUInt32BE(value);
    return bytes;
  };
  const body = Buffer.from(values, 'hex');
  const fields = [Buffer.from('05017500', 'hex'), number(answer_to)];
  if (types !== '') fields.push(Buffer.from([8, 1, 'g'.charCodeAt(0), 0, types.length]), Buffer.from(`${types}\0`));
  const head = Buffer.concat(fields);
  const front = [Buffer.from(endian), Buffer.from([type, 1, 1]), number(body.length), number(9), number(head.length)];
  const message = Buffer.concat([...front, head, Buffer.alloc((8 - (head.length % 8)) % 8), body]);
  return Buffer.concat([Buffer.from('OK 0\r\n'), message]);
}

it('writes a call as the bus takes it', () => {
  const bytes = encodeCall(2, {
    service: 'org.freedesktop.systemd1',
    object: '/org/freedesktop/systemd1',
    interface: 'org.freedesktop.systemd1.Manager',
    method: 'ListUnitsFiltered',
    texts: ['failed'],
  });
  expect(bytes.toString('hex')).toBe(CALL);
});

describe('an answer', () => {
  it('is found among all that a bus sends', () => {
    const state = ['loaded', 'failed', 'failed', ''];
    const unit = '/org/freedesktop/systemd1/unit';
    expect(answerIn(conversation, 1, 2)).toEqual([
      [
        ['nginx.service', 'A high performance web server', ...state, `${unit}/nginx_2eservice`, 0, '', '/'],
        ['mnt-backup.mount', '/mnt/backup', ...state, `${unit}/mnt_2dbackup_2emount`, 0, '', '/'],
      ],
    ]);
  });

  it('has not come yet as long as a byte of it is missing', () => {
    for (let length = 0; length < conversation.length; length++) {
      expect(answerIn(conversation.subarray(0, length), 1, 2)).toBe('not yet');
    }
  });

  it('is nothing when it is an error, or the bus did not let us in', () => {
    expect(answerIn(conversationWith(3, 2), 1, 2)).toBeUndefined();
    expect(answerIn(conversationWith(3, 1), 1, 2)).toBeUndefined();
    expect(answerIn(Buffer.from('REJECTED EXTERNAL\r\n'), 1, 2)).toBeUndefined();
    expect(answerIn(Buffer.alloc(2_000), 1, 2)).toBeUndefined();
  });

  it.each([
    ['u', '2a000000', [42]],
    ['bb', '0100000000000000', [true, false]],
    ['as', '00000000', [[]]],
    ['a(u)u', '08000000000000000700000000000000', undefined],
    ['a(u)u', '0400000000000000070000002a000000', [[[7]], 42]],
    ['aau', '0800000004000000070000002a000000', [[[7]]]],
    ['s', '02000000686900', ['hi']],
  ])('of the types %s is made of its values', (types, values, expected) => {
    expect(answerIn(conversationWith(2, 2, types, values), 1, 2)).toEqual(expected);
  });

  it('may come from a machine of the other order of bytes', () => {
    expect(answerIn(conversationWith(2, 2, 'us', '0000002a0000000268690000', 'B'), 1, 2)).toEqual([42, 'hi']);
  });

  it.each([
    ['v', '00'],
    ['()', '00'],
    ['(u', '00000000'],
    ['u)', '00000000'],
    ['a', '00000000'],
    ['s', 'ffffffff'],
    ['u', '00'],
    ['as', '01000000000000000000'],
    [`${'a'.repeat(40)}u`, '04000000'.repeat(41)],
  ])('of the types %s is not understood', (types, values) => {
    expect(answerIn(conversationWith(2, 2, types, values), 1, 2)).toBeUndefined();
  });

  it('of any bytes is read without end nor error', () => {
    const damage = fc.array(fc.record({ at: fc.nat(conversation.length - 1), byte: fc.nat(255) }), { maxLength: 8 });
    fc.assert(
      fc.property(damage, (bytes) => {
        const damaged = Buffer.from(conversation);
        for (const { at, byte } of bytes) damaged[at] = byte;
        const answer = answerIn(damaged, 1, 2);
        expect(answer === undefined || answer === 'not yet' || Array.isArray(answer)).toBe(true);
      }),
    );
  });
});
