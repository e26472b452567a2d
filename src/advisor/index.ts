export type {
  Advice,
  AdviceWarning,
  AdviceWarningCode,
  Beyond,
  BeyondPoint,
  Cost,
  Costs,
  CurvePoint,
  Observed,
  Recommendation,
} from './advice.ts'
export { advise } from './advise.ts'
export type { GroupCounts, Intervals } from './intervals.ts'
export type { AdviseOptions, Constraints } from './options.ts'
