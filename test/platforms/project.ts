import { cpSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inject } from 'vitest'
import { run } from './run.ts'

/** A copy of an app of apps/ with its dependencies and the kit installed. */
export class Project {
  /** Where the server starts: the project's folder, or a part that was moved out. */
  home: string
  readonly #folder: string

  private constructor(folder: string) {
    this.#folder = folder
    this.home = join(folder, 'project')
  }

  /** The app's own code does not know of the kit. */
  static async install(app: string): Promise<Project> {
    const project = new Project(mkdtempSync(join(tmpdir(), `${app}-`)))
    cpSync(join(import.meta.dirname, 'apps', app), project.home, { recursive: true })
    await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--prefer-offline', '--loglevel=error'], {
      cwd: project.home,
    })
    cpSync(inject('kit'), join(project.home, 'node_modules'), { recursive: true })
    return project
  }

  /** Takes a part of the project out, as into a container, where nothing else of the project is. */
  moveOut(part: string): void {
    const home = join(this.#folder, 'moved')
    renameSync(join(this.home, part), home)
    this.home = home
  }

  /** Runs a command of a dependency by this test's Node. */
  async tool(name: string, args: readonly string[], env: Readonly<Record<string, string>>): Promise<string> {
    return run(process.execPath, [join('node_modules/.bin', name), ...args], { cwd: this.home, env })
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
