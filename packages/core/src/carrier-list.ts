// Written by `pnpm carriers` from the files in ./carriers. Do not edit.
import { type Carrier, carrier } from './carrier-entry.ts'
import { australiaPost, about as australiaPostAbout } from './carriers/australia-post.ts'
import { bpost, about as bpostAbout } from './carriers/bpost.ts'
import { bring, about as bringAbout } from './carriers/bring.ts'
import { canadaPost, about as canadaPostAbout } from './carriers/canada-post.ts'
import { dhlExpress, about as dhlExpressAbout } from './carriers/dhl-express.ts'
import { dhlParcelDe, about as dhlParcelDeAbout } from './carriers/dhl-parcel-de.ts'
import { dhlTracking, about as dhlTrackingAbout } from './carriers/dhl-tracking.ts'
import { dpdDe, about as dpdDeAbout } from './carriers/dpd-de.ts'
import { dpdMeta, about as dpdMetaAbout } from './carriers/dpd-meta.ts'
import { dpdPl, about as dpdPlAbout } from './carriers/dpd-pl.ts'
import { dpdUk, about as dpdUkAbout } from './carriers/dpd-uk.ts'
import { easypost, about as easypostAbout } from './carriers/easypost.ts'
import { easypostConnect, about as easypostConnectAbout } from './carriers/easypost-connect.ts'
import { evri, about as evriAbout } from './carriers/evri.ts'
import { fedex, about as fedexAbout } from './carriers/fedex.ts'
import { glsGroup, about as glsGroupAbout } from './carriers/gls-group.ts'
import { inpostGroup, about as inpostGroupAbout } from './carriers/inpost-group.ts'
import { inpostShipx, about as inpostShipxAbout } from './carriers/inpost-shipx.ts'
import { machineToMachine, about as machineToMachineAbout } from './carriers/machine-to-machine.ts'
import { nzPost, about as nzPostAbout } from './carriers/nz-post.ts'
import { posti, about as postiAbout } from './carriers/posti.ts'
import { postnl, about as postnlAbout } from './carriers/postnl.ts'
import { postnord, about as postnordAbout } from './carriers/postnord.ts'
import { royalMailClickAndDrop, about as royalMailClickAndDropAbout } from './carriers/royal-mail-click-and-drop.ts'
import { royalMailShipping, about as royalMailShippingAbout } from './carriers/royal-mail-shipping.ts'
import { royalMailTracking, about as royalMailTrackingAbout } from './carriers/royal-mail-tracking.ts'
import { sendcloud, about as sendcloudAbout } from './carriers/sendcloud.ts'
import { shipengine, about as shipengineAbout } from './carriers/shipengine.ts'
import { shippo, about as shippoAbout } from './carriers/shippo.ts'
import { shipstation, about as shipstationAbout } from './carriers/shipstation.ts'
import { ups, about as upsAbout } from './carriers/ups.ts'
import { usps, about as uspsAbout } from './carriers/usps.ts'

export type { CarrierAbout, CarrierRefusal, RefusalEffect, WireAnswer, WireRequest } from './carrier-about.ts'
export type { Carrier } from './carrier-entry.ts'

/** The ids of every carrier. */
export type CarrierId =
  | 'australia-post'
  | 'bpost'
  | 'bring'
  | 'canada-post'
  | 'dhl-express'
  | 'dhl-parcel-de'
  | 'dhl-tracking'
  | 'dpd-de'
  | 'dpd-meta'
  | 'dpd-pl'
  | 'dpd-uk'
  | 'easypost'
  | 'easypost-connect'
  | 'evri'
  | 'fedex'
  | 'gls-group'
  | 'inpost-group'
  | 'inpost-shipx'
  | 'machine-to-machine'
  | 'nz-post'
  | 'posti'
  | 'postnl'
  | 'postnord'
  | 'royal-mail-click-and-drop'
  | 'royal-mail-shipping'
  | 'royal-mail-tracking'
  | 'sendcloud'
  | 'shipengine'
  | 'shippo'
  | 'shipstation'
  | 'ups'
  | 'usps'

/** Every carrier, by id. For tools: an application imports the carriers it uses. */
export const carriers: readonly Carrier[] = [
  carrier('australiaPost', australiaPost, australiaPostAbout),
  carrier('bpost', bpost, bpostAbout),
  carrier('bring', bring, bringAbout),
  carrier('canadaPost', canadaPost, canadaPostAbout),
  carrier('dhlExpress', dhlExpress, dhlExpressAbout),
  carrier('dhlParcelDe', dhlParcelDe, dhlParcelDeAbout),
  carrier('dhlTracking', dhlTracking, dhlTrackingAbout),
  carrier('dpdDe', dpdDe, dpdDeAbout),
  carrier('dpdMeta', dpdMeta, dpdMetaAbout),
  carrier('dpdPl', dpdPl, dpdPlAbout),
  carrier('dpdUk', dpdUk, dpdUkAbout),
  carrier('easypost', easypost, easypostAbout),
  carrier('easypostConnect', easypostConnect, easypostConnectAbout),
  carrier('evri', evri, evriAbout),
  carrier('fedex', fedex, fedexAbout),
  carrier('glsGroup', glsGroup, glsGroupAbout),
  carrier('inpostGroup', inpostGroup, inpostGroupAbout),
  carrier('inpostShipx', inpostShipx, inpostShipxAbout),
  carrier('machineToMachine', machineToMachine, machineToMachineAbout),
  carrier('nzPost', nzPost, nzPostAbout),
  carrier('posti', posti, postiAbout),
  carrier('postnl', postnl, postnlAbout),
  carrier('postnord', postnord, postnordAbout),
  carrier('royalMailClickAndDrop', royalMailClickAndDrop, royalMailClickAndDropAbout),
  carrier('royalMailShipping', royalMailShipping, royalMailShippingAbout),
  carrier('royalMailTracking', royalMailTracking, royalMailTrackingAbout),
  carrier('sendcloud', sendcloud, sendcloudAbout),
  carrier('shipengine', shipengine, shipengineAbout),
  carrier('shippo', shippo, shippoAbout),
  carrier('shipstation', shipstation, shipstationAbout),
  carrier('ups', ups, upsAbout),
  carrier('usps', usps, uspsAbout),
]
