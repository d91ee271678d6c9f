// The built page, read once and kept in memory: a few small files, so a request touches no disk and no path from
// outside ever meets the file system.

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { extname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { pageMissing, pageTooLarge } from './errors.ts';

/** Files the page may have, and bytes they may have in all. */
const FILES_MAX = 200;
const BYTES_MAX = 16_777_216;

/** Files smaller than this are not worth compressing. */
const GZIP_BYTES_MIN = 512;

const TYPES: { readonly [extension: string]: string } = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.txt': 'text/plain; charset=utf-8',
  '.md': 'text/plain; charset=utf-8',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
};

/** One file, ready to be sent. */
export interface PageFile {
  readonly type: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The same compressed, where that is smaller. */
  readonly gzip: Uint8Array<ArrayBuffer> | undefined;
  readonly etag: string;
  /** Its name holds a hash of its content: it never changes. */
  readonly immutable: boolean;
}

/** The files of the page by their path, `/` being the page itself. */
export type PageFiles = ReadonlyMap<string, PageFile>;

/**
 * Where the page may be, when no setting says it: beside the server in a bundle, or in this module's `dist`.
 *
 * @param here the address of the running file
 */
export function pageFolders(here: string = import.meta.url): string[] {
  return ['page', '../dist/page'].map((folder) => fileURLToPath(new URL(folder, here)));
}

/**
 * Reads the page.
 *
 * @param page_dir the folder; empty looks in {@link pageFolders}
 * @throws CodedError `PAGE_MISSING`, `PAGE_TOO_LARGE`
 */
export function readPage(page_dir: string): PageFiles {
  const folders = page_dir === '' ? pageFolders() : [page_dir];
  const folder = folders.find((candidate) => existsSync(join(candidate, 'index.html')));
  if (folder === undefined) throw pageMissing(folders, page_dir !== '');
  const files = new Map<string, PageFile>();
  let bytes_left = BYTES_MAX;
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const path = join(folder, name);
    const status = statSync(path);
    if (!status.isFile() || name.endsWith('.map')) continue;
    bytes_left -= status.size;
    if (bytes_left < 0) throw pageTooLarge(folder, `${BYTES_MAX / 1_048_576} MiB`);
    if (files.size === FILES_MAX) throw pageTooLarge(folder, `${FILES_MAX} files`);
    files.set(`/${name.replaceAll(sep, '/')}`, readFile(path, name));
  }
  const index = files.get('/index.html');
  return index === undefined ? files : files.set('/', index);
}

function readFile(path: string, name: string): PageFile {
  const bytes = Uint8Array.from(readFileSync(path));
  const type = TYPES[extname(name)] ?? 'application/octet-stream';
  const gzip = bytes.length < GZIP_BYTES_MIN ? undefined : Uint8Array.from(gzipSync(bytes, { level: 9 }));
  return {
    type,
    bytes,
    gzip: gzip !== undefined && gzip.length < bytes.length ? gzip : undefined,
    etag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`,
    immutable: name.startsWith('assets'),
  };
}
