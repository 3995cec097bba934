// Written by `pnpm carriers` from the files in ./carriers. Do not edit.
export { type AustraliaPostCredentials, australiaPost } from './carriers/australia-post.ts'
export { type BpostCredentials, bpost } from './carriers/bpost.ts'
export { type BringCredentials, bring } from './carriers/bring.ts'
export { type CanadaPostCredentials, canadaPost } from './carriers/canada-post.ts'
export { type DhlExpressCredentials, dhlExpress } from './carriers/dhl-express.ts'
export { type DhlParcelDeCredentials, type DhlParcelDeOptions, dhlParcelDe } from './carriers/dhl-parcel-de.ts'
export { type DhlTrackingCredentials, dhlTracking } from './carriers/dhl-tracking.ts'
export { type DpdDeCredentials, type DpdDeOptions, dpdDe } from './carriers/dpd-de.ts'
export { type DpdMetaCredentials, type DpdMetaOptions, dpdMeta } from './carriers/dpd-meta.ts'
export { type DpdPlCredentials, dpdPl } from './carriers/dpd-pl.ts'
export { type DpdUkCredentials, type DpdUkOptions, dpdUk } from './carriers/dpd-uk.ts'
export { type EasypostCredentials, easypost } from './carriers/easypost.ts'
export {
  type EasypostConnectCredentials,
  type EasypostConnectOptions,
  easypostConnect,
} from './carriers/easypost-connect.ts'
export { type EvriCredentials, type EvriOptions, evri } from './carriers/evri.ts'
export { type FedexCredentials, type FedexOptions, fedex } from './carriers/fedex.ts'
export { type GlsGroupCredentials, type GlsGroupOptions, glsGroup } from './carriers/gls-group.ts'
export { type InpostGroupCredentials, type InpostGroupOptions, inpostGroup } from './carriers/inpost-group.ts'
export { type InpostShipxCredentials, type InpostShipxOptions, inpostShipx } from './carriers/inpost-shipx.ts'
export {
  type MachineToMachineCredentials,
  type MachineToMachineOptions,
  machineToMachine,
} from './carriers/machine-to-machine.ts'
export { type NzPostCredentials, type NzPostOptions, nzPost } from './carriers/nz-post.ts'
export { type PostiCredentials, type PostiOptions, posti } from './carriers/posti.ts'
export { type PostnlCredentials, type PostnlOptions, postnl } from './carriers/postnl.ts'
export { type PostnordCredentials, type PostnordOptions, postnord } from './carriers/postnord.ts'
export { type RoyalMailClickAndDropCredentials, royalMailClickAndDrop } from './carriers/royal-mail-click-and-drop.ts'
export { type RoyalMailShippingCredentials, royalMailShipping } from './carriers/royal-mail-shipping.ts'
export { type RoyalMailTrackingCredentials, royalMailTracking } from './carriers/royal-mail-tracking.ts'
export { type SendcloudCredentials, type SendcloudOptions, sendcloud } from './carriers/sendcloud.ts'
export { type ShipengineCredentials, shipengine } from './carriers/shipengine.ts'
export { type ShippoCredentials, shippo } from './carriers/shippo.ts'
export { type ShipstationCredentials, shipstation } from './carriers/shipstation.ts'
export { type UpsCredentials, type UpsOptions, ups } from './carriers/ups.ts'
export { type UspsCredentials, type UspsOptions, type UspsPayment, usps } from './carriers/usps.ts'
