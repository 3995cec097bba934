/** Three significant digits, and none after the point from 100 on: more would claim a precision that is not there. */
export function digits(value: number): string {
  if (!Number.isFinite(value)) return '–'
  const magnitude = Math.abs(value)
  if (magnitude >= 100) return group(Math.round(value))
  return magnitude === 0 ? '0' : String(Number(value.toPrecision(3)))
}

export const times = (ratio: number): string => `${ratio.toFixed(2)}×`

export const percent = (share: number): string => `${digits(share * 100)} %`

function group(value: number): string {
  return String(value).replace(/\B(?=(?:\d{3})+$)/g, ' ')
}
