import { CodedError, type Log } from '@ganglion/kernel';
import { describe, expect, test } from 'vitest';
import { Complaints } from './complaints.ts';

function error(code: string): CodedError {
  return new CodedError(code, { what: code, why: 'why', todo: 'todo' });
}

describe('complaints', () => {
  const said: string[] = [];
  const say = (level: string) => (_fields: object, text: string) => said.push(`${level} ${text.split(':')[0]}`);
  const log: Log = { debug: () => {}, info: say('info'), warn: say('warn'), error: say('error') };

  test('are raised once each, and settled once', () => {
    const complaints = new Complaints(log);
    complaints.settle('fine');
    complaints.raise(error('LOST'));
    complaints.raise(error('LOST'));
    complaints.raise(error('REFUSED'));
    complaints.raise(error('LOST'));
    complaints.settle('fine again');
    complaints.settle('fine again');
    complaints.raise(error('LOST'));
    expect(said).toEqual(['warn LOST', 'warn REFUSED', 'info fine again', 'warn LOST']);
  });
});
