import { describe, expect, it } from 'vitest';
import { addressOf } from './address.ts';

describe('the address of a database', () => {
  it('says where it is, and to people without user and password', () => {
    expect(addressOf('postgres://ganglion:s3%40cret@db.example.com:6432/monitoring')).toEqual({
      ...{ host: 'db.example.com', port: 6432, user: 'ganglion', password: 's3@cret', database: 'monitoring' },
      ...{ tls: 'off', shown: 'postgres://db.example.com:6432/monitoring' },
    });
    expect(addressOf('postgresql://[::1]/x?sslmode=verify-full', 'of a file')).toEqual({
      ...{
        host: '::1',
        port: 5432,
        password: 'of a file',
        database: 'x',
        tls: 'checked',
        shown: 'postgres://[::1]:5432/x',
      },
    });
  });

  it.each([
    'db.example.com/monitoring',
    'mysql://db.example.com/monitoring',
    'postgres://db.example.com',
    'postgres:///monitoring',
    'postgres://u:s3cret%zz@db.example.com/monitoring',
    'postgres://u:s3cret@db.example.com/monitoring?sslmode=prefer',
    'postgres://u:s3cret@db.example.com/monitoring?host=elsewhere',
  ])('is not %s', (text) => {
    const read = () => addressOf(text);
    expect(read).toThrow(expect.objectContaining({ code: 'HISTORY_DATABASE_INVALID' }));
    expect(read).not.toThrow(/s3cret/);
  });
});
