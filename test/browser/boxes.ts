import type { Page } from 'playwright-core'

/** A text, and where it is on what it belongs to, in CSS pixels. */
export interface Box {
  readonly text: string
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
}

/** The texts of one chart. */
export interface Drawn {
  readonly chart: string
  readonly width: number
  readonly height: number
  readonly boxes: readonly Box[]
}

/** Notes each text that is drawn on a canvas, until the canvas is cleared. To be called before the page is loaded. */
export async function noteDrawnText(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const noted = new WeakMap<HTMLCanvasElement, Box[]>()
    const { prototype } = CanvasRenderingContext2D
    const { clearRect, fillText } = prototype
    prototype.clearRect = function (...area) {
      noted.set(this.canvas, [])
      clearRect.apply(this, area)
    }
    prototype.fillText = function (text, x, y, ...more) {
      const size = this.measureText(text)
      const matrix = this.getTransform()
      const corners = [x - size.actualBoundingBoxLeft, x + size.actualBoundingBoxRight].flatMap((at) =>
        [y - size.actualBoundingBoxAscent, y + size.actualBoundingBoxDescent].map((line) =>
          matrix.transformPoint(new DOMPoint(at, line)),
        ),
      )
      const xs = corners.map((corner) => corner.x / devicePixelRatio)
      const ys = corners.map((corner) => corner.y / devicePixelRatio)
      const box = {
        text,
        left: Math.min(...xs),
        right: Math.max(...xs),
        top: Math.min(...ys),
        bottom: Math.max(...ys),
      }
      if (text.trim() !== '') noted.get(this.canvas)?.push(box)
      fillText.call(this, text, x, y, ...more)
    }
    Object.assign(window, { notedText: (canvas: HTMLCanvasElement) => noted.get(canvas) ?? [] })
  })
}

/** The texts of all charts with axes, as they were drawn last. */
export function drawnText(page: Page): Promise<Drawn[]> {
  return page.locator('.plot canvas').evaluateAll((canvases) => {
    const { notedText } = window as unknown as { notedText(canvas: Element): Box[] }
    return canvases.map((canvas) => ({
      chart: canvas.closest('section')!.id,
      width: canvas.clientWidth,
      height: canvas.clientHeight,
      boxes: notedText(canvas),
    }))
  })
}

/** The texts of the page itself, by line of text, without what is out of sight or scrolls. */
export function writtenText(page: Page): Promise<Box[]> {
  return page.evaluate(() => {
    const boxes: Box[] = []
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const parent = node.parentElement!
      if (node.textContent!.trim() === '' || parent.closest('.scroll, .hidden, select, option, dialog'))
        continue
      if (!parent.checkVisibility()) continue
      const range = document.createRange()
      range.selectNodeContents(node)
      for (const { left, top, right, bottom } of range.getClientRects())
        boxes.push({ text: node.textContent!.trim().slice(0, 40), left, top, right, bottom })
    }
    return boxes
  })
}

/** The texts of an SVG file, where no policy forbids it to be shown. */
export async function textOfSvg(page: Page, svg: string): Promise<Drawn> {
  const blank = await page.context().newPage()
  await blank.setContent(svg)
  const drawn = await blank.locator('svg').evaluate((element) => {
    const { left: x, top: y, width, height } = element.getBoundingClientRect()
    const boxes = [...element.querySelectorAll('text')].map((text) => {
      const { left, top, right, bottom } = text.getBoundingClientRect()
      return { text: text.textContent!, left: left - x, top: top - y, right: right - x, bottom: bottom - y }
    })
    return { chart: element.querySelector('title')!.textContent!, width, height, boxes }
  })
  await blank.close()
  return drawn
}

/** Pairs of texts of which one covers a part of the other. */
export function covering(boxes: readonly Box[], slack = 1): string[] {
  return boxes.flatMap((a, i) =>
    boxes
      .slice(i + 1)
      .filter(
        (b) =>
          a.left + slack < b.right &&
          b.left + slack < a.right &&
          a.top + slack < b.bottom &&
          b.top + slack < a.bottom,
      )
      .map((b) => `${a.text} / ${b.text}`),
  )
}

/** The texts that are cut off at an edge. */
export function cutOff({ width, height, boxes }: Drawn): string[] {
  return boxes
    .filter(({ left, top, right, bottom }) => left < 0 || top < 0 || right > width || bottom > height)
    .map(({ text }) => text)
}
