import { describe, expect, it } from 'vitest';
import { isVerifierOf, scramVerifier } from './scram-verifier.js';

describe('scramVerifier', () => {
  it('derives the keys of the example in RFC 7677', () => {
    // The server's signature there is made with this ServerKey, the client's proof with this StoredKey.
    const salt = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64');
    expect(scramVerifier('pencil', salt, 4096)).toBe(
      'SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==' +
        '$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=',
    );
  });

  it('uses a new salt each time', () => {
    expect(scramVerifier('pencil')).not.toBe(scramVerifier('pencil'));
  });
});

describe('isVerifierOf', () => {
  it('is true for the password of a verifier, and for no other', () => {
    const verifier = scramVerifier('pencil');
    expect(isVerifierOf(verifier, 'pencil')).toBe(true);
    expect(isVerifierOf(verifier, 'pencils')).toBe(false);
    expect(isVerifierOf(verifier.replace('$4096:', '$4097:'), 'pencil')).toBe(false);
    expect(isVerifierOf('md5a6b6b6b6b6b6b6b6b6b6b6b6b6b6b6b6', 'pencil')).toBe(false);
    expect(isVerifierOf('', 'pencil')).toBe(false);
  });
});
