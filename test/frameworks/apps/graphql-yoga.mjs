import { createSchema, createYoga } from 'graphql-yoga'
import { onListener } from './plain.mjs'

const schema = createSchema({
  typeDefs: 'type Query { ok: String, size(of: String!): Int }',
  resolvers: { Query: { ok: () => 'ok', size: (_root, { of }) => of.length } },
})

export default (options) => onListener(createYoga({ schema, logging: false }), options)
