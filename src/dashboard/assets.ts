import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { pageFiles } from './page-files.ts'

/** A file of the page. */
export interface Asset {
  readonly type: string
  readonly plain: Buffer
  readonly gzipped: Buffer
}

/** The types of the page's files by the name in their URL, '' for the page itself. */
const types = {
  '': 'text/html; charset=utf-8',
  'page.js': 'text/javascript; charset=utf-8',
  'page.css': 'text/css; charset=utf-8',
  'icon.svg': 'image/svg+xml',
} as const

type AssetName = keyof typeof types

const compress = promisify(gzip)

/** The assets asked for so far. */
const made = new Map<AssetName, Promise<Asset>>()

export function isAsset(name: string): name is AssetName {
  return Object.hasOwn(types, name)
}

/** A file of the page, compressed when it is first asked for. */
export function assetOf(name: AssetName): Promise<Asset> {
  let asset = made.get(name)
  if (!asset) {
    asset = make(name)
    made.set(name, asset)
  }
  return asset
}

async function make(name: AssetName): Promise<Asset> {
  const plain = Buffer.from(pageFiles[name === '' ? 'index.html' : name])
  return { type: types[name], plain, gzipped: await compress(plain, { level: 9 }) }
}
