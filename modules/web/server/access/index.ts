// The login's files, for the command that keeps them.

export { Key } from './key.ts';
export { LINK_DAYS_MAX, type Link, Links } from './links.ts';
export { ROLES, Users } from './users.ts';
