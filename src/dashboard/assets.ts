import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'

/** A file of the page. */
export interface Asset {
  readonly type: string
  readonly plain: Buffer
  readonly gzipped: Buffer
}

/** The page's files by the name in their URL, '' for the page itself. */
const files: Readonly<Record<string, { readonly file: string; readonly type: string }>> = {
  '': { file: 'index.html', type: 'text/html; charset=utf-8' },
  'page.js': { file: 'page.js', type: 'text/javascript; charset=utf-8' },
  'page.css': { file: 'page.css', type: 'text/css; charset=utf-8' },
  'icon.svg': { file: 'icon.svg', type: 'image/svg+xml' },
}

const compress = promisify(gzip)

/** The page's files, each read when it is first asked for. */
export class Assets {
  readonly #folder: URL
  readonly #read = new Map<string, Promise<Asset>>()

  /** @param folder - with the bundled files, a slash at its end. */
  constructor(folder: URL) {
    this.#folder = folder
  }

  has(name: string): boolean {
    return Object.hasOwn(files, name)
  }

  get(name: string): Promise<Asset> {
    let asset = this.#read.get(name)
    if (!asset) {
      asset = this.#load(name)
      this.#read.set(name, asset)
      // A file that cannot be read now may be there the next time.
      asset.catch(() => this.#read.delete(name))
    }
    return asset
  }

  async #load(name: string): Promise<Asset> {
    const { file, type } = files[name]!
    const plain = await readFile(new URL(file, this.#folder))
    return { type, plain, gzipped: await compress(plain, { level: 9 }) }
  }
}
