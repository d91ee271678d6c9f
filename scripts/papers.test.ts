// The papers say what the code says: error codes, containers, links.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { validate } from 'dockerfile-utils';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string) => readFileSync(join(root, path), 'utf8');

function filesUnder(folder: string, ending: RegExp): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory())
      return /^(node_modules|dist|\.git|\.build)$/.test(entry.name) ? [] : filesUnder(path, ending);
    return ending.test(entry.name) ? [path] : [];
  });
}

describe('docs/errors.md', () => {
  it('has a section for every code, and none for a code that is gone', () => {
    const in_code = ['packages', 'modules', 'apps']
      .flatMap((folder) => filesUnder(folder, /(?<!\.test)\.ts$/))
      .flatMap((path) => [...read(path).matchAll(/new CodedError\(\s*'([A-Z_]+)'/g)])
      .map(([, code]) => code);
    const in_papers = [...read('docs/errors.md').matchAll(/^## ([A-Z_]+)$/gm)].map(([, code]) => code);
    expect(in_papers).toEqual([...new Set(in_code)].sort());
  });
});

describe('the containers', () => {
  const dockerfiles = filesUnder('modules', /^Dockerfile$/);

  it('are there for every module', () => {
    expect(dockerfiles).toEqual(readdirSync(join(root, 'modules')).map((name) => `modules/${name}/Dockerfile`));
  });

  it.each(dockerfiles)('%s has nothing that a linter minds, no root and a health check', (path) => {
    const text = read(path);
    expect(validate(text)).toEqual([]);
    expect(text).toMatch(/^USER node$/m);
    expect(text).toMatch(/^HEALTHCHECK /m);
    expect(text.match(/^FROM /gm)?.length).toBeGreaterThanOrEqual(2);
  });

  it.each(dockerfiles)('%s copies only what is there', (path) => {
    for (const [, sources = ''] of read(path).matchAll(/^COPY (?!--from)(.+) \S+$/gm)) {
      for (const source of sources.split(' ')) expect(existsSync(join(root, source)), source).toBe(true);
    }
  });

  it('are those that compose.yaml runs', () => {
    const compose = parse(read('compose.yaml'), { merge: true });
    const built = Object.values<{ build?: { dockerfile: string } }>(compose.services).flatMap(({ build }) =>
      build === undefined ? [] : [build.dockerfile],
    );
    expect(built.sort()).toEqual(dockerfiles);
  });
});

describe('the papers', () => {
  it.each(filesUnder('.', /\.md$/))('%s links to what is there', (path) => {
    const text = read(path).replace(/```[\s\S]*?```/g, '');
    for (const [, target = ''] of text.matchAll(/\]\((?!https?:|#|mailto:)([^)\s#]+)/g)) {
      const file = join(dirname(path), target);
      expect(existsSync(join(root, file)), relative('.', file)).toBe(true);
    }
  });
});
