// What a browser has to fetch before the page lives: the document and all that it names, compressed as the server sends it.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { alone, type Row } from './report.ts';

const FOLDER = fileURLToPath(new URL('../../modules/web/dist/page/', import.meta.url));

/** 60 KB. */
const GOAL_BYTES = 60_000;

interface Sizes {
  readonly path: string;
  readonly bytes: number;
  readonly gzip_bytes: number;
  readonly brotli_bytes: number;
}

export function measurePage(): Row[] {
  const html = readFileSync(`${FOLDER}index.html`, 'utf8');
  const named = [...html.matchAll(/<(?:script|link)\b[^>]*?\b(?:src|href)="(?:\.?\/)?([^":]+\.(?:js|css))"/g)];
  const files = ['index.html', ...new Set(named.map(([, path = '']) => path))].map(sizesOf);
  if (files.length < 3) throw new Error(`index.html names too little: ${files.map(({ path }) => path).join(', ')}`);
  const kilobytes = (key: 'bytes' | 'gzip_bytes' | 'brotli_bytes') =>
    files.reduce((sum, file) => sum + file[key], 0) / 1_000;
  return [
    alone({
      part: 'page',
      what: 'page: HTML, CSS and JavaScript, gzip',
      unit: 'kB',
      ours: kilobytes('gzip_bytes'),
      goal: { max: GOAL_BYTES / 1_000 },
      details: files,
    }),
    alone({ part: 'page', what: 'page: the same, brotli', unit: 'kB', ours: kilobytes('brotli_bytes') }),
    alone({ part: 'page', what: 'page: the same, as it is', unit: 'kB', ours: kilobytes('bytes') }),
  ];
}

function sizesOf(path: string): Sizes {
  const content = readFileSync(FOLDER + path);
  return {
    path,
    bytes: content.length,
    gzip_bytes: gzipSync(content, { level: 9 }).length,
    brotli_bytes: brotliCompressSync(content).length,
  };
}
