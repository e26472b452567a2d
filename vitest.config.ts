import { defineConfig } from 'vitest/config'

const project = (name: string, include = `test/${name}/**/*.test.ts`) => ({
  test: { name, include: [include], testTimeout: 20_000, hookTimeout: 20_000 },
})

export default defineConfig({
  test: {
    projects: ['unit', 'property', 'contract', 'wire', 'types', 'package', 'examples'].map((name) => project(name)),
  },
})
