/** Whether the user has stopped the updates: for the whole page at once. */
class Pause {
  #isOn = false
  readonly #listeners: (() => void)[] = []

  get isOn(): boolean {
    return this.#isOn
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener)
  }

  toggle(): void {
    this.#isOn = !this.#isOn
    for (const listener of this.#listeners) listener()
  }
}

export const pause: Pause = new Pause()
