/** An event that happens when the test decides. */
export interface Gate {
  readonly opened: Promise<void>
  open(): void
}

export function makeGate(): Gate {
  let open = (): void => {}
  const opened = new Promise<void>((done) => {
    open = done
  })
  return { opened, open }
}
