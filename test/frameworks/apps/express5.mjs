import express from 'express5'
import { onExpress } from './on-express.mjs'

export default onExpress(express)
